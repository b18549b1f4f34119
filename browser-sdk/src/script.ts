import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * The SDK as browsers get it: one file, so that a merchant serves, hashes and allows one. The files are joined in the
 * order of their imports, without types and comments; everything in them is a name of its own, which the test sees to.
 */
export function readSdkScript(): string {
  const joined = new Map<string, string>()
  const join = (name: string) => {
    if (joined.has(name)) return
    // A place is taken at once, so that a circle would end; the boundary rules forbid circles anyway.
    joined.set(name, '')
    const code = stripTypeScriptTypes(readFileSync(new URL(name, import.meta.url), 'utf8'))
    for (const [, from = ''] of code.matchAll(/^import [^'"]*'\.\/([\w-]+\.ts)'/gm)) join(from)
    joined.delete(name)
    joined.set(
      name,
      name === entry ? code.replace(/^(export \{[^}]*\}) from '[^']*'/gm, '$1') : code.replace(/^export /gm, ''),
    )
  }
  join(entry)
  const code = [...joined.values()].join('\n').replace(/^import [^'"]*'\.\/[\w-]+\.ts'$/gm, '')
  return `${banner}\n${shorten(code)}`
}

const entry = 'fincore.ts'
const banner = '// @fincore/browser, joined from browser-sdk/src of FinCore, where its comments are. Apache-2.0.'

/**
 * Takes away the lines that hold comments alone, and the space that types and indentation leave. No text of the SDK has
 * two spaces in a row.
 */
function shorten(code: string): string {
  return code
    .replace(/^[ \t]*\/\*\*[\s\S]*?\*\/[ \t]*$/gm, '')
    .replace(/^[ \t]*\/\/.*$/gm, '')
    .replace(/^ +| +$/gm, '')
    .replace(/ {2,}/g, ' ')
    .replace(/\n{2,}/g, '\n')
    .trimStart()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(readSdkScript())
