// cpu: a thenable that resolves with itself
export default async function attack() {
  return {
    then(resolve) {
      resolve(this);
    },
  };
}
