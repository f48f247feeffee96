// cpu: recursion that catches at every level and tries again
export default function attack() {
  const again = () => {
    try {
      again();
    } catch {
      again();
    }
  };
  again();
}
