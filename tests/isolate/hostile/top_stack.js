// top level, stack: recursion in a static block
class A { static { (function again() { again(); })(); } }
export default () => A;
