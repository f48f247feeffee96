// What multipart bodies, given as hex digits with their content types, are parsed as: in Node and in the firmware.

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

export async function parseAll(cases) {
  const results = [];
  for (const [hex, type] of cases) {
    try {
      const form = await new Response(bytes(hex), { headers: { "content-type": type } }).formData();
      const entries = [];
      for (const [name, value] of form) {
        entries.push([name, typeof value === "string" ? value : [value.name, value.type, [...new Uint8Array(await value.arrayBuffer())].join()]]);
      }
      results.push(entries);
    } catch (error) {
      results.push(error.name);
    }
  }
  return results;
}
