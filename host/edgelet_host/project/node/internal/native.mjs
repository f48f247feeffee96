// The firmware's part: firmware/quickjs_module/node. An ES module, since only those can import it.
import * as native from "edgelet:node";
export default native;
