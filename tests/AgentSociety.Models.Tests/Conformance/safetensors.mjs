// Shapes, types and values of a safetensors file, its header read by Hugging Face's JavaScript library.
import { readFileSync, writeFileSync } from "node:fs";
import { parseSafetensorsMetadata } from "@huggingface/hub";

const { file } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const bytes = readFileSync(file);
// The library reads from a hub; this stands in for one and serves ranges of the file.
const serve = async (url, options) => {
  const range = /bytes=(\d+)-(\d+)/.exec(new Headers(options?.headers).get("range") ?? "");
  const [from, to] = range ? [Number(range[1]), Math.min(Number(range[2]) + 1, bytes.length)] : [0, bytes.length];
  return new Response(options?.method === "HEAD" ? null : bytes.subarray(from, to), {
    status: range ? 206 : 200,
    headers: { "content-length": String(to - from), "content-range": `bytes ${from}-${to - 1}/${bytes.length}`, "accept-ranges": "bytes", etag: '"x"', "x-linked-size": String(bytes.length) },
  });
};
const parsed = await parseSafetensorsMetadata({ repo: "any/any", path: "model.safetensors", fetch: serve, computeParametersCount: true });
const start = 8 + Number(bytes.readBigUInt64LE(0));
const tensors = {};
for (const [name, entry] of Object.entries(parsed.header)) {
  if (name === "__metadata__") continue;
  const [from, to] = entry.data_offsets;
  const values = [];
  for (let place = start + from; entry.dtype === "F32" && place < start + to; place += 4) values.push(bytes.readFloatLE(place));
  tensors[name] = { dtype: entry.dtype, shape: entry.shape, bytes: to - from, values };
}
writeFileSync(process.argv[3], JSON.stringify({ tensors, parameters: parsed.parameterTotal ?? Object.values(parsed.parameterCount ?? {}).reduce((sum, count) => sum + count, 0) }));
