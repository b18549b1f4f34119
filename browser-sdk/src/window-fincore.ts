import { FincoreError, loadFincore } from './fincore.ts'

/** What a page without modules finds at `window.Fincore`. */
Object.assign(window, { Fincore: { load: loadFincore, FincoreError } })
