// Token ids of texts by Hugging Face's Rust tokenizer (package "tokenizers") and by its JavaScript one.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Tokenizer as JsTokenizer } from "@huggingface/tokenizers";

const require = createRequire(import.meta.url);
const { Tokenizer } = require("tokenizers");
const { file, config, texts, decode } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const rust = Tokenizer.fromFile(file);
const js = new JsTokenizer(JSON.parse(readFileSync(file, "utf8")), JSON.parse(readFileSync(config, "utf8")));
const ids = [];
for (const text of texts) ids.push((await rust.encode(text, null, { addSpecialTokens: false })).getIds());
const decoded = [];
for (const tokens of decode) decoded.push(await rust.decode(tokens, true));
const jsIds = texts.map((text) => js.encode(text, { add_special_tokens: false }).ids);
writeFileSync(process.argv[3], JSON.stringify({ rust: ids, js: jsIds, decoded }));
