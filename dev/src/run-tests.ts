/**
 * `npm test`'s last part: one PostgreSQL for all test files, then node's own runner over every `*.test.ts` of the
 * workspaces, or over those whose path contains one of the arguments.
 */
import { globSync } from 'node:fs'
import { pathInRepository } from './managed-process.ts'
import { runTestFiles } from './test-run.ts'

function findTestFiles(filters: string[]): string[] {
  const files = globSync('*/**/*.test.ts', {
    cwd: pathInRepository(''),
    exclude: (path) => /(^|\/)(node_modules|dist|\.fincore)$/.test(path),
  })
  return files.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter))).sort()
}

async function runTests(): Promise<number> {
  const filters = process.argv.slice(2)
  const files = findTestFiles(filters)
  if (files.length === 0) {
    console.error(`No test file's path contains ${filters.join(' or ')}.`)
    return 1
  }
  return runTestFiles(files, [{ module: new URL('./test-reporter.ts', import.meta.url).href, destination: 'stdout' }])
}

process.exitCode = await runTests()
