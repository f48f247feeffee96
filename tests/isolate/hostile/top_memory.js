// top level, memory: an array that grows without end
for (const all = []; ; ) all.push({ all });
export default () => {};
