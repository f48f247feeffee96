// What handlers find without an import, and the modules that the firmware has: docs/functions.md and docs/api.md.
// Of the language, tsconfig.json names what the engine knows.

// ---- handlers ----

/** `export default { ... } satisfies ExportedHandler<Env>` */
interface ExportedHandler<Environment = unknown> {
  fetch?(request: Request, env: Environment, ctx: ExecutionContext): Response | Promise<Response>;
}

interface ExecutionContext {
  /** Work that goes on after the response, for `background_ms` at most. */
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
  /** Whether the device knows the time. Until then dates are wrong. */
  clockIsSet(): boolean;
}

/** What `addEventListener("fetch", ...)` is given. */
interface FetchEvent extends Event, ExecutionContext {
  readonly request: Request;
  respondWith(response: Response | Promise<Response>): void;
}

type LambdaHandler<LambdaEvent = APIGatewayProxyEvent, Answer = APIGatewayProxyResult> = (
  event: LambdaEvent,
  context: LambdaContext,
  done: (error?: unknown, result?: Answer) => void,
) => Answer | Promise<Answer> | void | Promise<void>;

interface LambdaContext {
  callbackWaitsForEmptyEventLoop: boolean;
  readonly functionName: string;
  readonly memoryLimitInMB: number;
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
  clockIsSet(): boolean;
  succeed(result?: unknown): void;
  fail(error?: unknown): void;
  done(error?: unknown, result?: unknown): void;
}

/** With `event = "1.0"` in edgelet.toml, the default. */
interface APIGatewayProxyEvent {
  version: "1.0";
  resource: string;
  httpMethod: string;
  path: string;
  headers: Record<string, string | undefined>;
  multiValueHeaders: Record<string, string[] | undefined>;
  query: Record<string, string | undefined>;
  queryStringParameters: Record<string, string | undefined>;
  multiValueQueryStringParameters: Record<string, string[] | undefined>;
  pathParameters: null;
  stageVariables: null;
  body: string | null;
  isBase64Encoded: boolean;
  requestContext: {
    accountId: string;
    apiId: string;
    domainName: string;
    domainPrefix: string;
    requestId: string;
    extendedRequestId: string;
    stage: string;
    httpMethod: string;
    path: string;
    protocol: string;
    resourcePath: string;
    requestTime: string;
    requestTimeEpoch: number;
    identity: { sourceIp: string; userAgent: string | null };
  };
}

/** With `event = "2.0"` in edgelet.toml. */
interface APIGatewayProxyEventV2 {
  version: "2.0";
  routeKey: string;
  rawPath: string;
  rawQueryString: string;
  cookies?: string[];
  headers: Record<string, string | undefined>;
  queryStringParameters?: Record<string, string | undefined>;
  body?: string;
  isBase64Encoded: boolean;
  requestContext: {
    accountId: string;
    apiId: string;
    domainName: string;
    domainPrefix: string;
    requestId: string;
    stage: string;
    routeKey: string;
    time: string;
    timeEpoch: number;
    http: { method: string; path: string; protocol: string; sourceIp: string; userAgent: string | null };
  };
}

interface APIGatewayProxyResult {
  statusCode?: number;
  headers?: Record<string, string | number | boolean>;
  multiValueHeaders?: Record<string, (string | number | boolean)[]>;
  cookies?: string[];
  /** An object is sent as JSON. */
  body?: string | object;
  isBase64Encoded?: boolean;
}

// ---- bindings ----

type KVNamespaceListKey<Metadata> = { name: string; expiration?: number; metadata?: Metadata };

interface KVNamespaceListResult<Metadata> {
  keys: KVNamespaceListKey<Metadata>[];
  list_complete: boolean;
  cursor?: string;
  cacheStatus: null;
}

interface KVNamespaceGetWithMetadataResult<Value, Metadata> {
  value: Value | null;
  metadata: Metadata | null;
  cacheStatus: null;
}

type KVNamespaceType<Type> = Type | { type: Type; cacheTtl?: number };
type KVNamespaceText = KVNamespaceType<"text"> | { type?: undefined; cacheTtl?: number };

/** A binding of type "kv". */
interface KVNamespace<Key extends string = string> {
  get(key: Key, type?: KVNamespaceText): Promise<string | null>;
  get<Value = unknown>(key: Key, type: KVNamespaceType<"json">): Promise<Value | null>;
  get(key: Key, type: KVNamespaceType<"arrayBuffer">): Promise<ArrayBuffer | null>;
  get(key: Key, type: KVNamespaceType<"stream">): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | null>;
  get(keys: Key[], type?: KVNamespaceText): Promise<Map<string, string | null>>;
  get<Value = unknown>(keys: Key[], type: KVNamespaceType<"json">): Promise<Map<string, Value | null>>;
  getWithMetadata<Metadata = unknown>(
    key: Key,
    type?: KVNamespaceText,
  ): Promise<KVNamespaceGetWithMetadataResult<string, Metadata>>;
  getWithMetadata<Value = unknown, Metadata = unknown>(
    key: Key,
    type: KVNamespaceType<"json">,
  ): Promise<KVNamespaceGetWithMetadataResult<Value, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: Key,
    type: KVNamespaceType<"arrayBuffer">,
  ): Promise<KVNamespaceGetWithMetadataResult<ArrayBuffer, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: Key,
    type: KVNamespaceType<"stream">,
  ): Promise<KVNamespaceGetWithMetadataResult<ReadableStream<Uint8Array<ArrayBuffer>>, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    keys: Key[],
    type?: KVNamespaceText,
  ): Promise<Map<string, { value: string; metadata: Metadata | null } | null>>;
  getWithMetadata<Value = unknown, Metadata = unknown>(
    keys: Key[],
    type: KVNamespaceType<"json">,
  ): Promise<Map<string, { value: Value; metadata: Metadata | null } | null>>;
  /** expirationTtl: seconds from now. expiration: seconds since 1970. */
  put(
    key: Key,
    value: string | BufferSource | ReadableStream,
    options?: { expirationTtl?: number; expiration?: number; metadata?: unknown },
  ): Promise<void>;
  delete(key: Key): Promise<void>;
  list<Metadata = unknown>(options?: {
    prefix?: string | null;
    limit?: number;
    cursor?: string | null;
  }): Promise<KVNamespaceListResult<Metadata>>;
}

/** A binding of type "service". */
interface Fetcher {
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
}

/** A binding of type "ratelimit". */
interface RateLimit {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** A binding of type "jwks". */
interface Jwks {
  get(): Promise<{ keys: JsonWebKey[] }>;
  /** For `jwtVerify` of jose and `jwt.verify`. */
  readonly key: JwksKey;
}

interface JwksKey {
  // jose hands on the token, too, which is not needed.
  (header: { kid?: string; alg?: string }, token?: object): Promise<JsonWebKey>;
  (header: { kid?: string; alg?: string }, done: (error: Error | null, key?: JsonWebKey) => void): void;
}

// ---- text and bytes ----

type BufferSource = ArrayBufferView | ArrayBuffer;

declare function atob(data: string): string;
declare function btoa(data: string): string;

interface TextEncoder {
  readonly encoding: string;
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}
declare var TextEncoder: { prototype: TextEncoder; new (): TextEncoder };

interface TextDecoderOptions {
  fatal?: boolean;
  ignoreBOM?: boolean;
}
interface TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: BufferSource, options?: { stream?: boolean }): string;
}
declare var TextDecoder: { prototype: TextDecoder; new (label?: string, options?: TextDecoderOptions): TextDecoder };

interface BlobPropertyBag {
  type?: string;
  endings?: "transparent" | "native";
}
type BlobPart = BufferSource | Blob | string;
interface Blob {
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  slice(start?: number, end?: number, contentType?: string): Blob;
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  text(): Promise<string>;
}
declare var Blob: { prototype: Blob; new (parts?: Iterable<BlobPart>, options?: BlobPropertyBag): Blob };

interface File extends Blob {
  readonly lastModified: number;
  readonly name: string;
}
declare var File: {
  prototype: File;
  new (parts: Iterable<BlobPart>, name: string, options?: BlobPropertyBag & { lastModified?: number }): File;
};

type FormDataEntryValue = File | string;
interface FormData {
  append(name: string, value: string): void;
  append(name: string, value: Blob, filename?: string): void;
  delete(name: string): void;
  entries(): IteratorObject<[string, FormDataEntryValue], undefined>;
  forEach(callback: (value: FormDataEntryValue, key: string, parent: FormData) => void, thisArg?: unknown): void;
  get(name: string): FormDataEntryValue | null;
  getAll(name: string): FormDataEntryValue[];
  has(name: string): boolean;
  keys(): IteratorObject<string, undefined>;
  set(name: string, value: string): void;
  set(name: string, value: Blob, filename?: string): void;
  values(): IteratorObject<FormDataEntryValue, undefined>;
  [Symbol.iterator](): IteratorObject<[string, FormDataEntryValue], undefined>;
}
declare var FormData: { prototype: FormData; new (): FormData };

// ---- URLs ----

interface URLSearchParams {
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  entries(): IteratorObject<[string, string], undefined>;
  forEach(callback: (value: string, key: string, parent: URLSearchParams) => void, thisArg?: unknown): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  keys(): IteratorObject<string, undefined>;
  set(name: string, value: string): void;
  sort(): void;
  toString(): string;
  values(): IteratorObject<string, undefined>;
  [Symbol.iterator](): IteratorObject<[string, string], undefined>;
}
declare var URLSearchParams: {
  prototype: URLSearchParams;
  new (init?: Iterable<readonly [string, string]> | Record<string, string> | string): URLSearchParams;
};

interface URL {
  hash: string;
  host: string;
  hostname: string;
  href: string;
  readonly origin: string;
  password: string;
  pathname: string;
  port: string;
  protocol: string;
  search: string;
  readonly searchParams: URLSearchParams;
  username: string;
  toJSON(): string;
  toString(): string;
}
declare var URL: {
  prototype: URL;
  new (url: string | URL, base?: string | URL): URL;
  canParse(url: string | URL, base?: string | URL): boolean;
  parse(url: string | URL, base?: string | URL): URL | null;
};

// ---- HTTP ----

type HeadersInit = Headers | Iterable<readonly [string, string]> | Record<string, string>;
interface Headers {
  append(name: string, value: string): void;
  delete(name: string): void;
  entries(): IteratorObject<[string, string], undefined>;
  forEach(callback: (value: string, key: string, parent: Headers) => void, thisArg?: unknown): void;
  get(name: string): string | null;
  getSetCookie(): string[];
  has(name: string): boolean;
  keys(): IteratorObject<string, undefined>;
  set(name: string, value: string): void;
  values(): IteratorObject<string, undefined>;
  [Symbol.iterator](): IteratorObject<[string, string], undefined>;
}
declare var Headers: { prototype: Headers; new (init?: HeadersInit): Headers };

type BodyInit =
  | ReadableStream
  | Blob
  | BufferSource
  | FormData
  | URLSearchParams
  | string
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>;

interface Body {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  formData(): Promise<FormData>;
  json<Value = any>(): Promise<Value>;
  text(): Promise<string>;
}

type RequestInfo = Request | string;
type RequestRedirect = "error" | "follow" | "manual";
interface RequestInit {
  body?: BodyInit | null;
  duplex?: "half";
  headers?: HeadersInit;
  method?: string;
  redirect?: RequestRedirect;
  signal?: AbortSignal | null;
}
interface Request extends Body {
  readonly headers: Headers;
  readonly method: string;
  /** The client's address. */
  readonly peer: string;
  readonly redirect: RequestRedirect;
  readonly signal: AbortSignal;
  readonly url: string;
  clone(): Request;
}
declare var Request: { prototype: Request; new (input: RequestInfo | URL, init?: RequestInit): Request };

interface ResponseInit {
  headers?: HeadersInit;
  status?: number;
  statusText?: string;
  /** "manual" where the body is packed already, as its Content-Encoding says. */
  encodeBody?: "automatic" | "manual";
}
type ResponseType = "basic" | "cors" | "default" | "error" | "opaque" | "opaqueredirect";
interface Response extends Body {
  readonly headers: Headers;
  readonly ok: boolean;
  readonly redirected: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly type: ResponseType;
  readonly url: string;
  clone(): Response;
}
declare var Response: {
  prototype: Response;
  new (body?: BodyInit | null, init?: ResponseInit | Response): Response;
  error(): Response;
  json(data: any, init?: ResponseInit | Response): Response;
  redirect(url: string | URL, status?: number): Response;
};

/** To the hosts that `[fetch] allow` names in edgelet.toml. */
declare function fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;

// ---- events ----

interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}
interface Event {
  readonly bubbles: boolean;
  cancelBubble: boolean;
  readonly cancelable: boolean;
  readonly composed: boolean;
  readonly currentTarget: EventTarget | null;
  readonly defaultPrevented: boolean;
  readonly eventPhase: number;
  readonly isTrusted: boolean;
  returnValue: boolean;
  readonly srcElement: EventTarget | null;
  readonly target: EventTarget | null;
  readonly timeStamp: number;
  readonly type: string;
  composedPath(): EventTarget[];
  preventDefault(): void;
  stopImmediatePropagation(): void;
  stopPropagation(): void;
  readonly NONE: 0;
  readonly CAPTURING_PHASE: 1;
  readonly AT_TARGET: 2;
  readonly BUBBLING_PHASE: 3;
}
declare var Event: {
  prototype: Event;
  new (type: string, init?: EventInit): Event;
  readonly NONE: 0;
  readonly CAPTURING_PHASE: 1;
  readonly AT_TARGET: 2;
  readonly BUBBLING_PHASE: 3;
};

interface CustomEvent<Detail = any> extends Event {
  readonly detail: Detail;
}
declare var CustomEvent: {
  prototype: CustomEvent;
  new <Detail>(type: string, init?: EventInit & { detail?: Detail }): CustomEvent<Detail>;
};

type EventListener = (event: Event) => void;
type EventListenerOrEventListenerObject = EventListener | { handleEvent: EventListener };
interface EventListenerOptions {
  capture?: boolean;
}
interface AddEventListenerOptions extends EventListenerOptions {
  once?: boolean;
  passive?: boolean;
  signal?: AbortSignal;
}
interface EventTarget {
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: AddEventListenerOptions | boolean,
  ): void;
  dispatchEvent(event: Event): boolean;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: EventListenerOptions | boolean,
  ): void;
}
declare var EventTarget: { prototype: EventTarget; new (): EventTarget };

declare function addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
declare function addEventListener(
  type: string,
  listener: EventListenerOrEventListenerObject | null,
  options?: AddEventListenerOptions | boolean,
): void;
declare function dispatchEvent(event: Event): boolean;
declare function removeEventListener(
  type: string,
  listener: EventListenerOrEventListenerObject | null,
  options?: EventListenerOptions | boolean,
): void;
declare function reportError(error: unknown): void;

interface AbortSignal extends EventTarget {
  readonly aborted: boolean;
  onabort: ((this: AbortSignal, event: Event) => void) | null;
  readonly reason: any;
  throwIfAborted(): void;
}
declare var AbortSignal: {
  prototype: AbortSignal;
  new (): AbortSignal;
  abort(reason?: unknown): AbortSignal;
  any(signals: Iterable<AbortSignal>): AbortSignal;
  timeout(milliseconds: number): AbortSignal;
};

interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
declare var AbortController: { prototype: AbortController; new (): AbortController };

interface DOMExceptionCodes {
  readonly INDEX_SIZE_ERR: 1;
  readonly DOMSTRING_SIZE_ERR: 2;
  readonly HIERARCHY_REQUEST_ERR: 3;
  readonly WRONG_DOCUMENT_ERR: 4;
  readonly INVALID_CHARACTER_ERR: 5;
  readonly NO_DATA_ALLOWED_ERR: 6;
  readonly NO_MODIFICATION_ALLOWED_ERR: 7;
  readonly NOT_FOUND_ERR: 8;
  readonly NOT_SUPPORTED_ERR: 9;
  readonly INUSE_ATTRIBUTE_ERR: 10;
  readonly INVALID_STATE_ERR: 11;
  readonly SYNTAX_ERR: 12;
  readonly INVALID_MODIFICATION_ERR: 13;
  readonly NAMESPACE_ERR: 14;
  readonly INVALID_ACCESS_ERR: 15;
  readonly VALIDATION_ERR: 16;
  readonly TYPE_MISMATCH_ERR: 17;
  readonly SECURITY_ERR: 18;
  readonly NETWORK_ERR: 19;
  readonly ABORT_ERR: 20;
  readonly URL_MISMATCH_ERR: 21;
  readonly QUOTA_EXCEEDED_ERR: 22;
  readonly TIMEOUT_ERR: 23;
  readonly INVALID_NODE_TYPE_ERR: 24;
  readonly DATA_CLONE_ERR: 25;
}
interface DOMException extends Error, DOMExceptionCodes {
  readonly code: number;
}
declare var DOMException: DOMExceptionCodes & {
  prototype: DOMException;
  new (message?: string, name?: string): DOMException;
};

// ---- streams ----

interface QueuingStrategy<Chunk = any> {
  highWaterMark?: number;
  size?: (chunk: Chunk) => number;
}
interface CountQueuingStrategy {
  readonly highWaterMark: number;
  readonly size: (chunk?: any) => number;
}
declare var CountQueuingStrategy: {
  prototype: CountQueuingStrategy;
  new (init: { highWaterMark: number }): CountQueuingStrategy;
};
interface ByteLengthQueuingStrategy {
  readonly highWaterMark: number;
  readonly size: (chunk: ArrayBufferView) => number;
}
declare var ByteLengthQueuingStrategy: {
  prototype: ByteLengthQueuingStrategy;
  new (init: { highWaterMark: number }): ByteLengthQueuingStrategy;
};

interface UnderlyingDefaultSource<Chunk = any> {
  type?: undefined;
  start?: (controller: ReadableStreamDefaultController<Chunk>) => any;
  pull?: (controller: ReadableStreamDefaultController<Chunk>) => void | PromiseLike<void>;
  cancel?: (reason?: any) => void | PromiseLike<void>;
}
interface UnderlyingByteSource {
  type: "bytes";
  autoAllocateChunkSize?: number;
  start?: (controller: ReadableByteStreamController) => any;
  pull?: (controller: ReadableByteStreamController) => void | PromiseLike<void>;
  cancel?: (reason?: any) => void | PromiseLike<void>;
}
interface UnderlyingSink<Chunk = any> {
  type?: undefined;
  start?: (controller: WritableStreamDefaultController) => any;
  write?: (chunk: Chunk, controller: WritableStreamDefaultController) => void | PromiseLike<void>;
  close?: () => void | PromiseLike<void>;
  abort?: (reason?: any) => void | PromiseLike<void>;
}
interface Transformer<Input = any, Output = any> {
  readableType?: undefined;
  writableType?: undefined;
  start?: (controller: TransformStreamDefaultController<Output>) => any;
  transform?: (chunk: Input, controller: TransformStreamDefaultController<Output>) => void | PromiseLike<void>;
  flush?: (controller: TransformStreamDefaultController<Output>) => void | PromiseLike<void>;
  cancel?: (reason?: any) => void | PromiseLike<void>;
}

interface StreamPipeOptions {
  preventAbort?: boolean;
  preventCancel?: boolean;
  preventClose?: boolean;
  signal?: AbortSignal;
}
interface ReadableWritablePair<Readable = any, Writable = any> {
  readable: ReadableStream<Readable>;
  writable: WritableStream<Writable>;
}
interface ReadableStream<Chunk = any> {
  readonly locked: boolean;
  cancel(reason?: any): Promise<void>;
  getReader(options: { mode: "byob" }): ReadableStreamBYOBReader;
  getReader(options?: { mode?: undefined }): ReadableStreamDefaultReader<Chunk>;
  pipeThrough<Output>(transform: ReadableWritablePair<Output, Chunk>, options?: StreamPipeOptions): ReadableStream<Output>;
  pipeTo(destination: WritableStream<Chunk>, options?: StreamPipeOptions): Promise<void>;
  tee(): [ReadableStream<Chunk>, ReadableStream<Chunk>];
  values(options?: { preventCancel?: boolean }): AsyncIterableIterator<Chunk>;
  [Symbol.asyncIterator](options?: { preventCancel?: boolean }): AsyncIterableIterator<Chunk>;
}
declare var ReadableStream: {
  prototype: ReadableStream;
  new (source: UnderlyingByteSource, strategy?: { highWaterMark?: number }): ReadableStream<Uint8Array<ArrayBuffer>>;
  new <Chunk = any>(source?: UnderlyingDefaultSource<Chunk>, strategy?: QueuingStrategy<Chunk>): ReadableStream<Chunk>;
  from<Chunk>(iterable: Iterable<Chunk> | AsyncIterable<Chunk>): ReadableStream<Chunk>;
};

type ReadableStreamReadResult<Chunk> = { done: false; value: Chunk } | { done: true; value: Chunk | undefined };
interface ReadableStreamGenericReader {
  readonly closed: Promise<void>;
  cancel(reason?: any): Promise<void>;
  releaseLock(): void;
}
interface ReadableStreamDefaultReader<Chunk = any> extends ReadableStreamGenericReader {
  read(): Promise<ReadableStreamReadResult<Chunk>>;
}
declare var ReadableStreamDefaultReader: {
  prototype: ReadableStreamDefaultReader;
  new <Chunk = any>(stream: ReadableStream<Chunk>): ReadableStreamDefaultReader<Chunk>;
};
interface ReadableStreamBYOBReader extends ReadableStreamGenericReader {
  read<View extends ArrayBufferView>(view: View, options?: { min?: number }): Promise<ReadableStreamReadResult<View>>;
}
declare var ReadableStreamBYOBReader: {
  prototype: ReadableStreamBYOBReader;
  new (stream: ReadableStream): ReadableStreamBYOBReader;
};
interface ReadableStreamBYOBRequest {
  readonly view: Uint8Array<ArrayBuffer> | null;
  respond(bytesWritten: number): void;
  respondWithNewView(view: ArrayBufferView): void;
}
declare var ReadableStreamBYOBRequest: { prototype: ReadableStreamBYOBRequest; new (): ReadableStreamBYOBRequest };
interface ReadableStreamDefaultController<Chunk = any> {
  readonly desiredSize: number | null;
  close(): void;
  enqueue(chunk?: Chunk): void;
  error(error?: any): void;
}
declare var ReadableStreamDefaultController: {
  prototype: ReadableStreamDefaultController;
  new (): ReadableStreamDefaultController;
};
interface ReadableByteStreamController {
  readonly byobRequest: ReadableStreamBYOBRequest | null;
  readonly desiredSize: number | null;
  close(): void;
  enqueue(chunk: ArrayBufferView): void;
  error(error?: any): void;
}
declare var ReadableByteStreamController: {
  prototype: ReadableByteStreamController;
  new (): ReadableByteStreamController;
};

interface WritableStream<Chunk = any> {
  readonly locked: boolean;
  abort(reason?: any): Promise<void>;
  close(): Promise<void>;
  getWriter(): WritableStreamDefaultWriter<Chunk>;
}
declare var WritableStream: {
  prototype: WritableStream;
  new <Chunk = any>(sink?: UnderlyingSink<Chunk>, strategy?: QueuingStrategy<Chunk>): WritableStream<Chunk>;
};
interface WritableStreamDefaultWriter<Chunk = any> {
  readonly closed: Promise<void>;
  readonly desiredSize: number | null;
  readonly ready: Promise<void>;
  abort(reason?: any): Promise<void>;
  close(): Promise<void>;
  releaseLock(): void;
  write(chunk?: Chunk): Promise<void>;
}
declare var WritableStreamDefaultWriter: {
  prototype: WritableStreamDefaultWriter;
  new <Chunk = any>(stream: WritableStream<Chunk>): WritableStreamDefaultWriter<Chunk>;
};
interface WritableStreamDefaultController {
  readonly signal: AbortSignal;
  error(error?: any): void;
}
declare var WritableStreamDefaultController: {
  prototype: WritableStreamDefaultController;
  new (): WritableStreamDefaultController;
};

interface TransformStream<Input = any, Output = any> {
  readonly readable: ReadableStream<Output>;
  readonly writable: WritableStream<Input>;
}
declare var TransformStream: {
  prototype: TransformStream;
  new <Input = any, Output = any>(
    transformer?: Transformer<Input, Output>,
    writableStrategy?: QueuingStrategy<Input>,
    readableStrategy?: QueuingStrategy<Output>,
  ): TransformStream<Input, Output>;
};
interface TransformStreamDefaultController<Chunk = any> {
  readonly desiredSize: number | null;
  enqueue(chunk?: Chunk): void;
  error(reason?: any): void;
  terminate(): void;
}
declare var TransformStreamDefaultController: {
  prototype: TransformStreamDefaultController;
  new (): TransformStreamDefaultController;
};

interface IdentityTransformStream extends TransformStream<BufferSource | string, Uint8Array<ArrayBuffer>> {}
declare var IdentityTransformStream: {
  prototype: IdentityTransformStream;
  new (options?: { highWaterMark?: number }): IdentityTransformStream;
};
/** Its length is the Content-Length of a response, too. */
interface FixedLengthStream extends IdentityTransformStream {}
declare var FixedLengthStream: {
  prototype: FixedLengthStream;
  new (expectedLength: number | bigint, options?: { highWaterMark?: number }): FixedLengthStream;
};

interface TextEncoderStream extends TransformStream<string, Uint8Array<ArrayBuffer>> {
  readonly encoding: string;
}
declare var TextEncoderStream: { prototype: TextEncoderStream; new (): TextEncoderStream };
interface TextDecoderStream extends TransformStream<BufferSource, string> {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
}
declare var TextDecoderStream: {
  prototype: TextDecoderStream;
  new (label?: string, options?: TextDecoderOptions): TextDecoderStream;
};

type CompressionFormat = "deflate" | "deflate-raw" | "gzip";
interface CompressionStream extends TransformStream<BufferSource | string, Uint8Array<ArrayBuffer>> {}
declare var CompressionStream: { prototype: CompressionStream; new (format: CompressionFormat): CompressionStream };
interface DecompressionStream extends TransformStream<BufferSource | string, Uint8Array<ArrayBuffer>> {}
declare var DecompressionStream: {
  prototype: DecompressionStream;
  new (format: CompressionFormat): DecompressionStream;
};

// ---- crypto ----

interface JsonWebKey {
  alg?: string;
  crv?: string;
  d?: string;
  dp?: string;
  dq?: string;
  e?: string;
  ext?: boolean;
  k?: string;
  key_ops?: string[];
  kid?: string;
  kty?: string;
  n?: string;
  p?: string;
  q?: string;
  qi?: string;
  use?: string;
  x?: string;
  y?: string;
}

type KeyType = "private" | "public" | "secret";
type KeyUsage =
  | "decrypt"
  | "deriveBits"
  | "deriveKey"
  | "encrypt"
  | "sign"
  | "unwrapKey"
  | "verify"
  | "wrapKey";
interface KeyAlgorithm {
  name: string;
  hash?: { name: string };
  length?: number;
  modulusLength?: number;
  namedCurve?: string;
  publicExponent?: Uint8Array<ArrayBuffer>;
}
interface CryptoKey {
  readonly algorithm: KeyAlgorithm;
  readonly extractable: boolean;
  readonly type: KeyType;
  readonly usages: KeyUsage[];
}
declare var CryptoKey: { prototype: CryptoKey; new (): CryptoKey };
interface CryptoKeyPair {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

/** What an algorithm is named by, with the parameters that it has: docs/functions.md, "Crypto". */
type HashAlgorithmIdentifier = string | { name: string };
interface CryptoAlgorithm {
  name: string;
  additionalData?: BufferSource;
  counter?: BufferSource;
  hash?: HashAlgorithmIdentifier;
  info?: BufferSource;
  iterations?: number;
  iv?: BufferSource;
  label?: BufferSource;
  length?: number;
  modulusLength?: number;
  namedCurve?: string;
  public?: CryptoKey;
  publicExponent?: Uint8Array;
  salt?: BufferSource;
  saltLength?: number;
  tagLength?: number;
}
type AlgorithmIdentifier = string | CryptoAlgorithm;
interface SubtleCrypto {
  decrypt(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  deriveBits(algorithm: AlgorithmIdentifier, key: CryptoKey, length?: number | null): Promise<ArrayBuffer>;
  deriveKey(
    algorithm: AlgorithmIdentifier,
    key: CryptoKey,
    derived: AlgorithmIdentifier,
    extractable: boolean,
    usages: readonly KeyUsage[],
  ): Promise<CryptoKey>;
  digest(algorithm: AlgorithmIdentifier, data: BufferSource): Promise<ArrayBuffer>;
  encrypt(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  exportKey(format: "jwk", key: CryptoKey): Promise<JsonWebKey>;
  exportKey(format: "pkcs8" | "raw" | "spki", key: CryptoKey): Promise<ArrayBuffer>;
  generateKey(
    algorithm: CryptoAlgorithm & { name: "AES-CBC" | "AES-CTR" | "AES-GCM" | "AES-KW" | "HMAC" },
    extractable: boolean,
    usages: readonly KeyUsage[],
  ): Promise<CryptoKey>;
  generateKey(
    algorithm: AlgorithmIdentifier,
    extractable: boolean,
    usages: readonly KeyUsage[],
  ): Promise<CryptoKeyPair>;
  importKey(
    format: "jwk",
    key: JsonWebKey,
    algorithm: AlgorithmIdentifier,
    extractable: boolean,
    usages: readonly KeyUsage[],
  ): Promise<CryptoKey>;
  importKey(
    format: "pkcs8" | "raw" | "spki",
    key: BufferSource,
    algorithm: AlgorithmIdentifier,
    extractable: boolean,
    usages: readonly KeyUsage[],
  ): Promise<CryptoKey>;
  sign(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  timingSafeEqual(a: BufferSource, b: BufferSource): boolean;
  unwrapKey(
    format: "jwk" | "pkcs8" | "raw" | "spki",
    key: BufferSource,
    unwrapping: CryptoKey,
    algorithm: AlgorithmIdentifier,
    unwrapped: AlgorithmIdentifier,
    extractable: boolean,
    usages: readonly KeyUsage[],
  ): Promise<CryptoKey>;
  verify(
    algorithm: AlgorithmIdentifier,
    key: CryptoKey,
    signature: BufferSource,
    data: BufferSource,
  ): Promise<boolean>;
  wrapKey(
    format: "jwk" | "pkcs8" | "raw" | "spki",
    key: CryptoKey,
    wrapping: CryptoKey,
    algorithm: AlgorithmIdentifier,
  ): Promise<ArrayBuffer>;
}
declare var SubtleCrypto: { prototype: SubtleCrypto; new (): SubtleCrypto };
interface Crypto {
  readonly subtle: SubtleCrypto;
  getRandomValues<View extends ArrayBufferView>(array: View): View;
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
}
declare var Crypto: { prototype: Crypto; new (): Crypto };
declare var crypto: Crypto;

// ---- the rest ----

interface Console {
  debug(...data: any[]): void;
  error(...data: any[]): void;
  info(...data: any[]): void;
  log(...data: any[]): void;
  trace(...data: any[]): void;
  warn(...data: any[]): void;
}
/** What it prints goes to the device's log: `edgelet tail`. */
declare var console: Console;

interface Navigator {
  readonly userAgent: string;
}
declare var navigator: Navigator;

interface Performance {
  readonly timeOrigin: number;
  now(): number;
}
declare var performance: Performance;

declare var self: typeof globalThis;

declare function queueMicrotask(callback: () => void): void;
declare function setTimeout(callback: (...args: any[]) => void, milliseconds?: number): number;
declare function setTimeout<Arguments extends any[]>(
  callback: (...args: Arguments) => void,
  milliseconds?: number,
  ...args: Arguments
): number;
declare function setInterval(callback: (...args: any[]) => void, milliseconds?: number): number;
declare function setInterval<Arguments extends any[]>(
  callback: (...args: Arguments) => void,
  milliseconds?: number,
  ...args: Arguments
): number;
declare function clearTimeout(id: number | null | undefined): void;
declare function clearInterval(id: number | null | undefined): void;
declare function structuredClone<Value>(value: Value, options?: { transfer?: ArrayBuffer[] }): Value;

declare namespace NodeJS {
  /** Variables and secrets. */
  interface ProcessEnv {
    [name: string]: string | undefined;
  }
  interface Process {
    env: ProcessEnv;
  }
}
/** With `env` only, unless a module of Node.js is imported: docs/node.md. */
declare var process: NodeJS.Process;

// ---- modules ----

declare namespace Cloudflare {
  /** Variables, secrets and bindings of the project. */
  interface Env {}
}

declare module "cloudflare:workers" {
  export const env: Cloudflare.Env;
}

declare module "jsonwebtoken" {
  type Algorithm =
    | "ES256"
    | "ES384"
    | "ES512"
    | "EdDSA"
    | "HS256"
    | "HS384"
    | "HS512"
    | "PS256"
    | "PS384"
    | "PS512"
    | "RS256"
    | "RS384"
    | "RS512";
  /** Text or PEM, bytes, a JSON Web Key, a CryptoKey, a KeyObject of node:crypto. */
  type Key = string | BufferSource | JsonWebKey | CryptoKey | { key: string | BufferSource };
  interface JwtHeader {
    alg: string;
    typ?: string;
    kid?: string;
    [name: string]: unknown;
  }
  interface JwtPayload {
    aud?: string | string[];
    exp?: number;
    iat?: number;
    iss?: string;
    jti?: string;
    nbf?: number;
    sub?: string;
    [name: string]: any;
  }
  interface Jwt {
    header: JwtHeader;
    payload: JwtPayload | string;
    signature: string;
  }
  interface SignOptions {
    algorithm?: Algorithm;
    allowInsecureKeySizes?: false;
    allowInvalidAsymmetricKeyTypes?: false;
    audience?: string | string[];
    encoding?: "utf8" | "utf-8";
    /** Seconds, or text such as "1h". */
    expiresIn?: number | string;
    header?: Partial<JwtHeader>;
    issuer?: string;
    jwtid?: string;
    keyid?: string;
    mutatePayload?: boolean;
    noTimestamp?: boolean;
    notBefore?: number | string;
    subject?: string;
  }
  interface VerifyOptions {
    algorithms?: Algorithm[];
    allowInvalidAsymmetricKeyTypes?: false;
    audience?: string | RegExp | (string | RegExp)[];
    clockTimestamp?: number;
    clockTolerance?: number;
    complete?: boolean;
    ignoreExpiration?: boolean;
    ignoreNotBefore?: boolean;
    issuer?: string | string[];
    jwtid?: string;
    maxAge?: number | string;
    nonce?: string;
    subject?: string;
  }
  type KeyCallback = (header: JwtHeader, done: (error: Error | null, key?: Key) => void) => void;
  type Done<Value> = (error: Error | null, value?: Value) => void;

  class JsonWebTokenError extends Error {
    constructor(message: string, error?: Error);
    inner?: Error;
  }
  class NotBeforeError extends JsonWebTokenError {
    constructor(message: string, date: Date);
    date: Date;
  }
  class TokenExpiredError extends JsonWebTokenError {
    constructor(message: string, expiredAt: Date);
    expiredAt: Date;
  }

  function sign(payload: object | string | BufferSource, key: Key, options?: SignOptions): string;
  function sign(payload: object | string | BufferSource, key: Key, done: Done<string>): void;
  function sign(payload: object | string | BufferSource, key: Key, options: SignOptions, done: Done<string>): void;
  function verify(token: string, key: Key, options: VerifyOptions & { complete: true }): Jwt;
  function verify(token: string, key: Key, options?: VerifyOptions & { complete?: false }): JwtPayload;
  function verify(token: string, key: Key, options?: VerifyOptions): Jwt | JwtPayload;
  function verify(token: string, key: Key | KeyCallback, done: Done<JwtPayload>): void;
  function verify(
    token: string,
    key: Key | KeyCallback,
    options: VerifyOptions & { complete: true },
    done: Done<Jwt>,
  ): void;
  function verify(
    token: string,
    key: Key | KeyCallback,
    options: VerifyOptions & { complete?: false },
    done: Done<JwtPayload>,
  ): void;
  function decode(token: string, options: { complete: true }): Jwt | null;
  function decode(token: string, options?: { complete?: boolean; json?: boolean }): JwtPayload | null;

  const jsonwebtoken: {
    JsonWebTokenError: typeof JsonWebTokenError;
    NotBeforeError: typeof NotBeforeError;
    TokenExpiredError: typeof TokenExpiredError;
    decode: typeof decode;
    sign: typeof sign;
    verify: typeof verify;
  };
  export default jsonwebtoken;
  export {
    type Algorithm,
    type Jwt,
    type JwtHeader,
    type JwtPayload,
    type Key,
    type SignOptions,
    type VerifyOptions,
    decode,
    JsonWebTokenError,
    NotBeforeError,
    sign,
    TokenExpiredError,
    verify,
  };
}

// Data, as the default export.
declare module "*.bin" {
  const bytes: ArrayBuffer;
  export default bytes;
}
declare module "*.html" {
  const text: string;
  export default text;
}
declare module "*.sql" {
  const text: string;
  export default text;
}
declare module "*.txt" {
  const text: string;
  export default text;
}
