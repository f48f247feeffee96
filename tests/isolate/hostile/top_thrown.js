// top level, thrown: a thrown object that cannot be made text of
throw { toString: null };
export default () => {};
