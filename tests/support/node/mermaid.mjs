// mermaid.mjs MODULE [--participants] FILE...: parses each file with the official parser of Mermaid and
// prints its name or, after parsing it again, the number of its participants. Exits 1 at the first file
// that is not a sequence diagram.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [module, ...files] = process.argv.slice(2);
const participants = files[0] === '--participants' && files.shift();
const { default: mermaid } = await import(pathToFileURL(module).href);
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  try {
    const { diagramType } = await mermaid.parse(text);
    if (diagramType !== 'sequence') throw new Error(`a ${diagramType}`);
    if (participants) {
      const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
      console.log(`${file}: ${diagram.db.getActorKeys().length} participants`);
    } else {
      console.log(`${file}: parsed`);
    }
  } catch (error) {
    console.error(`${file}: ${error.message}`);
    process.exit(1);
  }
}
