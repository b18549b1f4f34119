import { runConformance } from '../conformance.ts'
import { stripePsp } from './stripe.ts'
import { openStripeBench } from './testing/bench.ts'

runConformance(stripePsp, openStripeBench)
