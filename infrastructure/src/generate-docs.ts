/** Writes the pages of docs/aws/ that are made from the templates: part of `npm run docs`. A test compares them. */
import { writeFileSync } from 'node:fs'
import { makePages } from './aws-pages.ts'
import { synthesise } from './checks/synthesise.ts'

for (const [path, text] of Object.entries(makePages((name) => synthesise(name).templates))) {
  writeFileSync(new URL(`../../${path}`, import.meta.url), text)
}
