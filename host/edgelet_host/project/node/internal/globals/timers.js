// What code for Node.js takes for global: timers that are objects.
export { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from "node:timers";
