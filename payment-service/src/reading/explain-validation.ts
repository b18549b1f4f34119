import { type Refusal, refuse } from '../refusal.ts'

/** One finding of a JSON Schema validator, as Ajv and TypeBox both word it. */
export type Finding = {
  keyword: string
  instancePath: string
  params: Record<string, unknown>
  message?: string | undefined
}

/** Says which field is wrong and what it must look like; the text comes from the schema, never from the value. */
export function explainFinding(finding: Finding | undefined): Refusal {
  if (finding === undefined) return refuse('parameter_invalid')
  const path = finding.instancePath.split('/').slice(1)
  const at = (name?: unknown) =>
    [...path, ...(typeof name === 'string' ? [name] : [])].map(plainName).join('.').slice(0, 200)
  switch (finding.keyword) {
    case 'required': {
      const param = at(firstOf(finding.params.missingProperty ?? finding.params.requiredProperties))
      return refuse('parameter_missing', { param, detail: `${param} is required.` })
    }
    case 'additionalProperties':
      return refuse('parameter_unknown', {
        param: at(firstOf(finding.params.additionalProperty ?? finding.params.additionalProperties)),
      })
    default: {
      const param = at()
      const must = finding.message ?? 'is not valid'
      return param === ''
        ? refuse('parameter_invalid', { detail: `The request ${must}.` })
        : refuse('parameter_invalid', { param, detail: `${param} ${must}.` })
    }
  }
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value
}

/** A name that the caller made up is their own text: it is given back only when it is a plain name without digits' runs. */
function plainName(name: string): string {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(name) && !/\d{6}/.test(name) ? name : '…'
}
