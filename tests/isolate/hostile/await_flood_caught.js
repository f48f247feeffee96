// cpu: await in an endless loop of catch and finally
export default async function attack() {
  for (;;) {
    try {
      await Promise.reject(1);
    } catch {
      continue;
    } finally {
      continue;
    }
  }
}
