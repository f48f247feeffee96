// top level, stuck: await of a promise that nothing settles
await new Promise(() => {});
export default () => {};
