// The official OpenAI SDK for Node against a running gateway.
// Environment: BASE (the data port's URL), KEY (a key whose tier may do everything), TIGHT (a key with one request a month), FREE (a key
// whose tier may not use the model BLOCKED).
import test from 'node:test';
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const { BASE, KEY, TIGHT, FREE, BLOCKED } = process.env;
const client = (apiKey = KEY) => new OpenAI({ apiKey, baseURL: `${BASE}/v1`, maxRetries: 0 });
const messages = [{ role: 'user', content: 'Say something about rivers.' }];
const tools = [{
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}];

test('chat answers', async () => {
  const answer = await client().chat.completions.create({ model: 'auto', messages, max_tokens: 20 });
  assert.equal(answer.object, 'chat.completion');
  assert.ok(answer.choices[0].message.content.length > 0);
  assert.ok(['stop', 'length'].includes(answer.choices[0].finish_reason));
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  assert.ok(answer.usage.completion_tokens <= 20);
  assert.ok(answer._request_id);
});

test('chat streams, and without being asked shows no usage', async () => {
  const stream = await client().chat.completions.create({ model: 'auto', messages, max_tokens: 20, stream: true });
  let text = '', finish = null, frames = 0;
  for await (const chunk of stream) {
    frames++;
    assert.ok(!('usage' in chunk), JSON.stringify(chunk));
    assert.equal(chunk.choices.length, 1);
    text += chunk.choices[0].delta.content ?? '';
    finish = chunk.choices[0].finish_reason ?? finish;
  }
  assert.ok(frames > 2);
  assert.ok(text.length > 0);
  assert.ok(['stop', 'length'].includes(finish));
});

test('chat streams with usage where it is asked for', async () => {
  const stream = await client().chat.completions.create({
    model: 'auto', messages, max_tokens: 12, stream: true, stream_options: { include_usage: true },
  });
  let usage = null;
  for await (const chunk of stream) {
    if (chunk.usage) {
      assert.equal(chunk.choices.length, 0);
      usage = chunk.usage;
    }
  }
  assert.ok(usage.prompt_tokens > 0);
  assert.ok(usage.completion_tokens > 0 && usage.completion_tokens <= 12);
});

test('tools are called, whole and in a stream', async () => {
  const request = { model: 'auto', messages, tools, tool_choice: { type: 'function', function: { name: 'get_weather' } }, max_tokens: 64 };
  const answer = await client().chat.completions.create(request);
  const call = answer.choices[0].message.tool_calls[0];
  assert.equal(call.type, 'function');
  assert.equal(call.function.name, 'get_weather');
  JSON.parse(call.function.arguments);

  const runner = client().chat.completions.stream(request);
  const final = await runner.finalChatCompletion();
  assert.equal(final.choices[0].message.tool_calls[0].function.name, 'get_weather');
  JSON.parse(final.choices[0].message.tool_calls[0].function.arguments);
});

test('n gives as many choices', async () => {
  const answer = await client().chat.completions.create({ model: 'auto', messages, n: 3, max_tokens: 8 });
  assert.deepEqual(answer.choices.map((c) => c.index).sort(), [0, 1, 2]);

  const stream = await client().chat.completions.create({ model: 'auto', messages, n: 2, max_tokens: 8, stream: true });
  const seen = new Set();
  for await (const chunk of stream) for (const choice of chunk.choices) seen.add(choice.index);
  assert.deepEqual([...seen].sort(), [0, 1]);
});

test('logprobs come through', async () => {
  const answer = await client().chat.completions.create({ model: 'auto', messages, logprobs: true, top_logprobs: 2, max_tokens: 4 });
  const content = answer.choices[0].logprobs.content;
  assert.ok(content.length > 0);
  assert.equal(typeof content[0].logprob, 'number');
  assert.ok(content[0].top_logprobs.length >= 1);
});

test('response_format gives JSON', async () => {
  const answer = await client().chat.completions.create({
    model: 'auto', messages, response_format: { type: 'json_object' }, max_tokens: 200,
  });
  JSON.parse(answer.choices[0].message.content);
});

test('completions answer and stream', async () => {
  const answer = await client().completions.create({ model: 'auto', prompt: 'Once upon a time', max_tokens: 10 });
  assert.equal(answer.object, 'text_completion');
  assert.ok(answer.choices[0].text.length > 0);
  let text = '';
  for await (const chunk of await client().completions.create({ model: 'auto', prompt: 'Once', max_tokens: 10, stream: true })) {
    text += chunk.choices[0].text;
  }
  assert.ok(text.length > 0);
});

test('embeddings answer, several at once', async () => {
  const answer = await client().embeddings.create({ model: 'auto', input: ['one', 'two'] });
  assert.equal(answer.data.length, 2);
  assert.ok(answer.data[0].embedding.length > 8);
  assert.ok(answer.data.every((d) => d.embedding.every(Number.isFinite)));
});

test('models are listed and found', async () => {
  const list = [];
  for await (const model of client().models.list()) list.push(model.id);
  assert.ok(list.length > 0);
  assert.equal((await client().models.retrieve(list[0])).id, list[0]);
});

test('errors are the SDK\'s own classes', async () => {
  const fails = async (work, type, status, code) => {
    const error = await work.then(() => assert.fail('was answered'), (e) => e);
    assert.ok(error instanceof type, `${error.constructor.name}: ${error.message}`);
    assert.equal(error.status, status);
    assert.equal(error.code, code);
    assert.ok(error.requestID);
  };
  const ask = (c, body) => c.chat.completions.create({ model: 'auto', messages, max_tokens: 4, ...body });
  await fails(ask(client('sk-wrong')), OpenAI.AuthenticationError, 401, 'invalid_api_key');
  await fails(ask(client(), { model: 'no-such-model' }), OpenAI.NotFoundError, 404, 'model_not_found');
  await fails(ask(client(FREE), { model: BLOCKED }), OpenAI.PermissionDeniedError, 403, 'model_not_allowed');
  await fails(ask(client(), { messages: undefined }), OpenAI.BadRequestError, 400, 'missing_required_parameter');
  await fails(ask(client(), { max_tokens: 10_000_000 }), OpenAI.BadRequestError, 400, 'context_length_exceeded');
  await ask(client(TIGHT));
  await fails(ask(client(TIGHT)), OpenAI.RateLimitError, 429, 'rate_limit_exceeded');
});

test('a 429 says when to come back', async () => {
  const response = await client(TIGHT).chat.completions.create({ model: 'auto', messages, max_tokens: 4 }).then(
    () => assert.fail('was answered'), (e) => e);
  assert.ok(Number(response.headers.get('retry-after')) >= 1);
  assert.ok(Number(response.headers.get('retry-after-ms')) >= 1);
  assert.equal(response.headers.get('x-ratelimit-limit-requests'), '1');
  assert.equal(response.headers.get('x-ratelimit-remaining-requests'), '0');
});

test('an abort in mid-stream ends the iteration', async () => {
  const stream = await client().chat.completions.create({ model: 'auto', messages, max_tokens: 2000, stream: true });
  let frames = 0;
  for await (const _ of stream) {
    if (++frames === 3) break; // breaking out aborts the request
  }
  assert.equal(frames, 3);
  assert.ok(stream.controller.signal.aborted);
});

test('rate-limit headers are on every answer, streams too', async () => {
  for (const stream of [false, true]) {
    const { response, data } = await client().chat.completions.create({ model: 'auto', messages, max_tokens: 4, stream }).withResponse();
    for (const what of ['requests', 'tokens']) {
      assert.ok(Number(response.headers.get(`x-ratelimit-limit-${what}`)) > 0);
      assert.ok(Number(response.headers.get(`x-ratelimit-remaining-${what}`)) >= 0);
      assert.match(response.headers.get(`x-ratelimit-reset-${what}`), /^(\d+h)?(\d+m)?(\d+(\.\d+)?(ms|s|µs))?$/);
    }
    assert.ok(response.headers.get('x-request-id'));
    assert.ok(response.headers.get('x-penstock-pool'));
    assert.match(response.headers.get('x-penstock-complexity'), /^(simple|medium|complex)$/);
    if (stream) for await (const _ of data) { /* to the end */ }
    else assert.ok(Number(response.headers.get('x-penstock-cost-usd')) >= 0);
  }
});
