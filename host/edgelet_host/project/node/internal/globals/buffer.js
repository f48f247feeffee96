// What code for Node.js takes for global.
export { Buffer } from "node:buffer";
