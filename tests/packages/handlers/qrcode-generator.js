// QR codes as SVG.
import qrcode from "qrcode-generator";

export default {
  fetch(request) {
    const qr = qrcode(0, "M");
    qr.addData(new URL(request.url).searchParams.get("text"));
    qr.make();
    const size = qr.getModuleCount();
    const rows = Array.from({ length: size }, (_, row) =>
      Array.from({ length: size }, (_, column) => (qr.isDark(row, column) ? "#" : ".")).join(""),
    );
    return Response.json({
      size,
      finder: rows.slice(0, 7).map((row) => row.slice(0, 7)),
      svg: qr.createSvgTag().startsWith("<svg"),
    });
  },
};

export const requests = [
  {
    path: "/?text=https://example.com/",
    answer: {
      size: 25,
      finder: ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"],
      svg: true,
    },
  },
];
