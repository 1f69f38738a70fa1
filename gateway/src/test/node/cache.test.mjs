// The official OpenAI SDK for Node against a gateway with a cache.
// Environment: BASE (the data port's URL), KEY (a key whose tier may do everything).
import test from 'node:test';
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const { BASE, KEY } = process.env;
const client = new OpenAI({ apiKey: KEY, baseURL: `${BASE}/v1`, maxRetries: 0 });
const asking = content => ({ model: 'auto', temperature: 0, messages: [{ role: 'user', content }] });
const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'number' } } } } }];

async function whole(request) {
  const { data, response } = await client.chat.completions.create(request).withResponse();
  return { answer: data, mark: response.headers.get('x-penstock-cache') };
}

async function streamed(request) {
  const all = { ...request, stream: true, stream_options: { include_usage: true } };
  const { data, response } = await client.chat.completions.create(all).withResponse();
  let text = '', finish = null, usage = null;
  for await (const chunk of data) {
    assert.equal(chunk.object, 'chat.completion.chunk');
    text += chunk.choices[0]?.delta.content ?? '';
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  return { text, finish, usage, mark: response.headers.get('x-penstock-cache') };
}

test('a body that was kept streams', async () => {
  const first = await whole(asking('body first'));
  assert.equal(first.mark, 'miss');
  const again = await streamed(asking('body first'));
  assert.equal(again.mark, 'hit');
  assert.equal(again.text, first.answer.choices[0].message.content);
  assert.equal(again.finish, 'stop');
  assert.deepEqual(again.usage, first.answer.usage);
});

test('a stream that was kept is a body', async () => {
  const first = await streamed(asking('stream first'));
  assert.equal(first.mark, 'miss');
  const again = await whole(asking('stream first'));
  assert.equal(again.mark, 'hit');
  assert.equal(again.answer.object, 'chat.completion');
  assert.equal(again.answer.choices[0].message.content, first.text);
  assert.equal(again.answer.choices[0].finish_reason, 'stop');
  assert.deepEqual(again.answer.usage, first.usage);
});

test('a stream that was kept streams again, the same', async () => {
  const first = await streamed(asking('stream twice'));
  const again = await streamed(asking('stream twice'));
  assert.equal(again.mark, 'hit');
  assert.deepEqual({ ...again, mark: '' }, { ...first, mark: '' });
});

test('the stream helper puts a kept body together', async () => {
  const first = await whole(asking('helper'));
  const final = await client.chat.completions.stream(asking('helper')).finalChatCompletion();
  assert.equal(final.choices[0].message.content, first.answer.choices[0].message.content);
});

test('tool calls that were kept in a body stream', async () => {
  const request = { ...asking('call a tool 1'), tools };
  const first = await whole(request);
  const final = await client.chat.completions.stream(request).finalChatCompletion();
  const told = call => ({ id: call.id, type: call.type, name: call.function.name, arguments: call.function.arguments });
  assert.deepEqual(final.choices[0].message.tool_calls.map(told), first.answer.choices[0].message.tool_calls.map(told));
  assert.equal(final.choices[0].finish_reason, 'tool_calls');
});

test('tool calls that were kept in a stream are a body', async () => {
  const request = { ...asking('call a tool 2'), tools };
  await streamed(request);
  const { answer, mark } = await whole(request);
  assert.equal(mark, 'hit');
  assert.equal(answer.choices[0].message.tool_calls[0].function.arguments, '{"a":1}');
  assert.equal(answer.choices[0].message.content, null);
});
