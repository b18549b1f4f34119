import { runConformance } from '../conformance.ts'
import { sandboxPsp } from './sandbox.ts'
import { openSandboxBench } from './testing/bench.ts'

runConformance(sandboxPsp, openSandboxBench)
