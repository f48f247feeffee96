// top level, cpu: a native that never polls
Array.prototype.reverse.call({ length: Number.MAX_SAFE_INTEGER });
export default () => {};
