import { readdirSync, readFileSync } from 'node:fs'
import { newestVersion, sdkPath } from '@fincore/browser/served'
import { pathInRepository } from '../managed-process.ts'
import { fileOf, readBlocks } from './read-blocks.ts'

const folder = 'docs/guides'

/** The pages of `docs/guides/`, by their names without `.md`. */
export function readGuides(): { name: string; path: string; text: string }[] {
  const files = readdirSync(pathInRepository(folder)).filter((file) => file.endsWith('.md'))
  return files.map((file) => {
    const path = `${folder}/${file}`
    return { name: file.replace(/\.md$/, ''), path, text: readFileSync(pathInRepository(path), 'utf8') }
  })
}

/** An example of `docs/guides/examples/`, whole. */
export function readExample(file: string): string {
  return readFileSync(pathInRepository(`${folder}/examples/${file}`), 'utf8')
}

/** Where a page loads the browser SDK from, and the hash that it pins. */
const pinnedSdk = /\/sdk\/v[\d.]+\/fincore\.js" integrity="[^"]*"/

/** The example pages, with the newest version of the browser SDK and its hash in them. */
export function pinSdk(): { path: string; text: string }[] {
  const { version, files } = newestVersion()
  const pinned = `${sdkPath(version, 'fincore.js')}" integrity="${files['fincore.js'].integrity}"`
  const pages = readdirSync(pathInRepository(`${folder}/examples`)).filter((file) => file.endsWith('.html'))
  return pages.map((file) => ({
    path: `${folder}/examples/${file}`,
    text: readExample(file).replace(pinnedSdk, pinned),
  }))
}

/** The guides with their examples in them: a block whose first line names a file holds that file, and nothing else. */
export function includeExamples(): { path: string; text: string }[] {
  return readGuides().map(({ path, text }) => {
    let included = text
    for (const block of readBlocks(path, text)) {
      const file = fileOf(block)
      // A function, because `$` means something in a text that replaces another.
      if (file !== null) included = included.replace(block.text, () => readExample(file))
    }
    return { path, text: included }
  })
}
