// llama.cpp on a GGUF file, by node-llama-cpp's own bindings: no scheduler of promises stands between the batch and the library.
//
// usage: node llama_peer.mjs FILE THREADS VOCABULARY
// Writes "ready NAME", then answers each line of the standard input with tokens a second:
//   decode BATCH PROMPT LENGTH   prompts of BATCH sequences, then LENGTH passes over one token of each; drawing tokens is left out, since the
//                                bindings go through a thread for each and would count against the library
//   prefill BATCH PROMPT         prompts alone
// Passes that take longer than PATIENCE seconds together end after the one they are in; those that are left count as much as the mean of those that were made.
import { createInterface } from "node:readline";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const [file, threads, vocabulary] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const llama = await getLlama({ gpu: false, build: "never", progressLogs: false, maxThreads: threads, logLevel: LlamaLogLevel.error, logger: (_, text) => process.stderr.write(text) });
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
const contexts = new Map();

async function contextFor(batch, length) {
  const key = `${batch} ${length}`;
  if (!contexts.has(key)) {
    for (const other of contexts.values()) await other.dispose();
    contexts.clear();
    contexts.set(key, await model.createContext({ sequences: batch, contextSize: length, batchSize: Math.max(batch, 2048), threads, experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32" }));
  }
  return contexts.get(key)._ctx;
}

const PATIENCE = 2;
const first = new Uint32Array([0]);
const draw = () => Math.floor(Math.random() * (vocabulary - 1));

// Prompts of as many sequences as fit into one batch at a time.
async function feed(context, batch, prompt) {
  const atOnce = Math.max(1, Math.floor(2048 / prompt));
  for (let start = 0; start < batch; start += atOnce) {
    const count = Math.min(atOnce, batch - start);
    context.initBatch(count * prompt);
    for (let sequence = start; sequence < start + count; sequence++) context.addToBatch(sequence, 0, Uint32Array.from({ length: prompt }, draw), new Uint32Array([prompt - 1]));
    await context.decodeBatch();
  }
}

async function decode(batch, prompt, length) {
  const context = await contextFor(batch, prompt + length);
  const begun = performance.now();
  await feed(context, batch, prompt);
  const started = performance.now(), elapsed = () => (performance.now() - started) / 1000;
  // The prompt's logits give the first token.
  let step = 1;
  for (; step < length && elapsed() < PATIENCE; step++) {
    context.initBatch(batch);
    for (let sequence = 0; sequence < batch; sequence++) context.addToBatch(sequence, prompt + step - 1, new Uint32Array([draw()]), first);
    await context.decodeBatch();
  }
  const passes = length > 1 ? elapsed() / (step - 1) * (length - 1) : 0;
  const rate = batch * length / ((started - begun) / 1000 + passes);
  for (let sequence = 0; sequence < batch; sequence++) context.disposeSequence(sequence);
  return rate;
}

async function prefill(batch, prompt) {
  const context = await contextFor(batch, prompt + 1);
  const started = performance.now();
  await feed(context, batch, prompt);
  const seconds = (performance.now() - started) / 1000;
  for (let sequence = 0; sequence < batch; sequence++) context.disposeSequence(sequence);
  return batch * prompt / seconds;
}

console.log(`ready llama.cpp ${threads} thread${threads > 1 ? "s" : ""}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [what, ...numbers] = line.split(" ");
  const [batch, prompt, length] = numbers.map(Number);
  console.log(what === "prefill" ? await prefill(batch, prompt) : await decode(batch, prompt, length));
}
process.exit(0);
