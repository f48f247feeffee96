// thrown: memory that two threads could share
export default function attack() {
  return new SharedArrayBuffer(8).byteLength;
}
