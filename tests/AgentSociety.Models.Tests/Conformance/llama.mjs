// Probabilities of the next token after each token, and token ids of texts, by llama.cpp on one GGUF file.
import { readFileSync, writeFileSync } from "node:fs";
import { getLlama } from "node-llama-cpp";

const { file, tokens, texts } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const llama = await getLlama({ gpu: false, build: "never", progressLogs: false });
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
const reply = { probabilities: [], ids: (texts ?? []).map((text) => model.tokenize(text, false, "trimLeadingSpace")) };
if (tokens?.length > 0) {
  const context = await model.createContext({ contextSize: Math.max(tokens.length + 8, 64), flashAttention: false, experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32" });
  const sequence = context.getSequence();
  const input = tokens.map((token) => [token, { generateNext: { probabilities: true, options: { temperature: 1, topK: 0, topP: 1, minP: 0 } } }]);
  const output = await sequence.controlledEvaluate(input);
  reply.probabilities = output.map((item) => [...item.next.probabilities.entries()]);
}
writeFileSync(process.argv[3], JSON.stringify(reply));
process.exit(0);
