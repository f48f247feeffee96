// What code for Node.js takes for global.
export { default as process } from "node:process";
