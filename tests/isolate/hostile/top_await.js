// top level, cpu: await in an endless loop
for (;;) await null;
export default () => {};
