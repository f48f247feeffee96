// top level, cpu: an endless loop
for (;;);
export default () => {};
