// top level, cpu: an export whose fetch is an endless getter
export default { get fetch() { for (;;); } };
