import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const template = fileURLToPath(new URL('./template/', import.meta.url))
const gateway = 'payment-service/src/psp-gateway'

/** What the template calls the PSP, and its name in the same spelling. */
const spellings = (name: string) => [
  ['newpsp', name] as const,
  ['Newpsp', `${name[0]?.toUpperCase()}${name.slice(1)}`] as const,
]

/**
 * Makes the folder of a new PSP's adapter from the template, and registers it.
 *
 * @param root the repository.
 * @returns the paths that were written, in the repository.
 * @throws Error of one line when the name cannot be one, or is taken.
 */
export function makePsp(root: string, name: string): string[] {
  if (!/^[a-z][a-z0-9]{1,29}$/.test(name))
    throw new Error(
      'A PSP’s name is 2 to 30 small letters and digits, and begins with a letter: npm run new-psp acmepay',
    )
  const folder = `${gateway}/${name}`
  if (existsSync(join(root, folder))) throw new Error(`There is ${folder} already.`)
  const registry = join(root, gateway, 'registry.ts')
  const registered = register(readFileSync(registry, 'utf8'), name)
  const written = globSync('**/*.ts', { cwd: template }).map((file) => {
    const path = join(folder, rename(file, name).replace(/\.conformance\.ts$/, '.test.ts'))
    mkdirSync(dirname(join(root, path)), { recursive: true })
    const text = rename(readFileSync(join(template, file), 'utf8'), name)
    writeFileSync(join(root, path), importFromBeside(text, file))
    return path
  })
  writeFileSync(registry, registered)
  return [...written.sort(), `${gateway}/registry.ts`]
}

function rename(text: string, name: string): string {
  return spellings(name).reduce((renamed, [from, to]) => renamed.replaceAll(from, to), text)
}

/** In the template the gateway is another workspace; in the adapter's folder it is the folder above. */
function importFromBeside(text: string, file: string): string {
  const up = '../'.repeat(file.split('/').length)
  return text.replaceAll(/'@fincore\/payment-service\/psp-gateway\/([\w/-]+)'/g, `'${up}$1.ts'`)
}

/** The import and the line in the table. */
function register(text: string, name: string): string {
  const table = 'const registered = {\n'
  if (!text.includes(table)) throw new Error(`${gateway}/registry.ts is not as this script knows it.`)
  const imported = `import { ${name}Psp } from './${name}/${name}.ts'\n`
  return `${imported}${text.replace(table, `${table}  ${name}: ${name}Psp,\n`)}`
}
