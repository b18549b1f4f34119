/** Part of `npm run docs`: writes the page of the admission matrix. Its test compares the two. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { matrixPagePath, renderMatrixPage } from './admission-matrix.ts'

mkdirSync(dirname(matrixPagePath), { recursive: true })
writeFileSync(matrixPagePath, renderMatrixPage())
