/**
 * `node psp-stand-ins/src/stripe/parameters/generate.ts` writes parameters.generated.json anew, after the SDK's version
 * changed. A test compares the two.
 */
import { writeFileSync } from 'node:fs'
import { operations } from '../operations.ts'
import { readSdkParameters } from './read-sdk-types.ts'

/** The file's whole text, made from the SDK that is installed. */
export function makeParametersFile(): string {
  return `${JSON.stringify(readSdkParameters(operations), null, 1)}\n`
}

if (import.meta.main) writeFileSync(new URL('../parameters.generated.json', import.meta.url), makeParametersFile())
