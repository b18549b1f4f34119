import type { App } from '../api/server.ts'
import type { World } from '../world.ts'

export function registerPages(_app: App, _world: World): void {}
