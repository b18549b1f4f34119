/**
 * Checks `.dependency-cruiser.mjs` over every workspace, or over the copy in the folder given as argument.
 * A tool that found no files would pass everything, so too few files fail the check.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser'
import extractTypeScriptConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { pathInRepository } from './managed-process.ts'

const fewestModules = 30

async function checkBoundaries(root: string): Promise<number> {
  process.chdir(root)
  const { default: config }: { default: IConfiguration } = await import(
    pathToFileURL(join(root, '.dependency-cruiser.mjs')).href
  )
  const { workspaces } = JSON.parse(readFileSync('package.json', 'utf8')) as { workspaces: string[] }
  const folders = workspaces.filter((workspace) => existsSync(workspace))
  const rules = config.forbidden ?? []
  const { output } = await cruise(
    folders,
    { ...config.options, ruleSet: { forbidden: rules }, validate: true },
    {},
    { tsConfig: extractTypeScriptConfig('tsconfig.json') },
  )
  const { summary, modules } = output as ICruiseResult
  const own = modules.filter((module) => module.source.endsWith('.ts') && !module.source.includes('node_modules'))
  for (const { rule, from, to, cycle } of summary.violations) {
    const path = cycle ? cycle.map((step) => step.name).join(' → ') : to
    const comment = rules.find((candidate) => candidate.name === rule.name)?.comment ?? ''
    console.error(`${rule.name}: ${from} → ${path}\n    ${comment}`)
  }
  console.log(`Boundaries: ${own.length} modules, ${rules.length} rules, ${summary.violations.length} violations.`)
  if (own.length < fewestModules) {
    console.error(
      `Only ${own.length} modules were found: the check itself is broken, since there are more than ${fewestModules}.`,
    )
    return 1
  }
  return summary.violations.length > 0 ? 1 : 0
}

process.exitCode = await checkBoundaries(resolve(process.argv[2] ?? pathInRepository('')))
