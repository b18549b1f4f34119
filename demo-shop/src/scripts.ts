import { readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'

const pageScripts = ['checkout', 'order'] as const

/**
 * Makes the scripts that browsers get, by path: the SDK from `@fincore/browser`, and the pages' own, which name it by
 * the path that it has here. Types are blanked out in place, so line numbers in the browser are those of the source.
 */
export async function makeScripts(): Promise<Map<string, string>> {
  const scripts = new Map([['/fincore.js', await strip(import.meta.resolve('@fincore/browser'))]])
  for (const name of pageScripts) {
    const script = await strip(new URL(`./pages/browser/${name}.ts`, import.meta.url).href)
    scripts.set(`/scripts/${name}.js`, script.replaceAll(`'@fincore/browser'`, `'/fincore.js'`))
  }
  return scripts
}

async function strip(url: string): Promise<string> {
  return stripTypeScriptTypes(await readFile(new URL(url), 'utf8'))
}
