package io.penstock.planner.hardware;

/**
 * Dense FLOP/s of the tensor cores by operand; 0 where the GPU has none of that kind.
 *
 * @param bits16 fp16 or bf16 operands, accumulated in fp32
 * @param fp8 8-bit floats
 * @param int8 8-bit integers
 * @param fp4 4-bit floats
 */
public record Peak(double bits16, double fp8, double int8, double fp4) {
  public Peak {
    if (!(bits16 > 0)) {
      throw new IllegalArgumentException("a GPU needs 16-bit FLOP/s above 0, not " + bits16);
    }
    if (!(fp8 >= 0) || !(int8 >= 0) || !(fp4 >= 0)) {
      throw new IllegalArgumentException("FLOP/s are 0 or more");
    }
  }
}
