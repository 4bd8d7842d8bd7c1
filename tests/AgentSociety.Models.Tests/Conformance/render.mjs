// Chat templates as Hugging Face's JavaScript renderer lays conversations out.
import { readFileSync, writeFileSync } from "node:fs";
import { Template } from "@huggingface/jinja";

const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
const results = cases.map(({ template, variables }) => {
  try {
    return { text: new Template(template).render(variables) };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
});
writeFileSync(process.argv[3], JSON.stringify(results));
