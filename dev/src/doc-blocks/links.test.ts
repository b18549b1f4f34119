import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { slugOf } from '@fincore/payment-service/http/docs/markdown'
import { pathInRepository } from '../managed-process.ts'

const pages = globSync(['*.md', 'docs/**/*.md', '*/README.md'], { cwd: pathInRepository('') }).filter(
  (page) => !page.startsWith('node_modules'),
)

/** A heading without the addresses of its links. */
const wordsOf = (heading: string) => heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')

function anchorsOf(page: string): Set<string> {
  const text = readFileSync(pathInRepository(page), 'utf8')
  const headings = [...text.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => slugOf(wordsOf(heading)))
  return new Set([...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)])
}

test('every decision has a number of its own', () => {
  const numbers = pages.flatMap((page) => /^docs\/decisions\/(\d{4})-/.exec(page)?.[1] ?? [])
  assert.ok(numbers.length > 10)
  assert.deepEqual(numbers.toSorted(), [...new Set(numbers)].toSorted())
})

test('every link from one page of the repository to another leads somewhere, to the heading that it names', () => {
  const broken: string[] = []
  for (const page of pages) {
    const text = readFileSync(pathInRepository(page), 'utf8').replaceAll(/^ *```[\s\S]*?^ *```/gm, '')
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : normalize(join(dirname(page), path))
      const isThere = existsSync(pathInRepository(file))
      const isNamed = anchor === undefined || !file.endsWith('.md') || (isThere && anchorsOf(file).has(anchor))
      if (!isThere || !isNamed) broken.push(`${page}: ${target}`)
    }
  }
  assert.ok(pages.length > 40, `only ${pages.length} pages were looked at`)
  assert.deepEqual(broken, [])
})
