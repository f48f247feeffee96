// stack|thrown|memory: structuredClone of arrays nested without end
export default function attack() {
  let array = [];
  for (let i = 0; i < 3000; i++) array = [array];
  for (;;) structuredClone((array = [array]));
}
