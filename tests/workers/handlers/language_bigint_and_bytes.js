// BigInt, typed arrays, DataView.
//> GET /
export default {
  fetch() {
    const view = new DataView(new ArrayBuffer(16));
    view.setFloat64(0, Math.PI);
    view.setBigUint64(8, 2n ** 63n, true);
    return Response.json([
      String(2n ** 100n),
      String(BigInt.asIntN(8, 255n)),
      (123456789012345678901234567890n % 97n).toString(),
      [...new Uint8Array(view.buffer)],
      [...new Uint8ClampedArray([300, -5, 1.5])],
      [...new Float32Array([0.1])],
      [...new Int16Array([1, 2, 3]).subarray(1)],
      Array.from(new BigInt64Array([1n]), String),
      new Uint8Array([3, 1, 2]).toSorted().join(),
      [...new Uint8Array(4).fill(7, 1, 3)],
    ]);
  },
};
