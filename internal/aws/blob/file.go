package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain/fault"
)

const (
	// blockSize is one range request: long enough that its latency does not
	// count, short enough that a cut loses little.
	blockSize = 8 << 20
	// keep is how many blocks a file holds: the one that is read, the next one,
	// and the one before for a reader that looks back.
	keep = 3
	// blockFor is how long one range may take before it is asked again.
	blockFor = 30 * time.Second
	// maxRanges bounds how often one block is asked when every answer is cut.
	maxRanges = 100
)

// file is one version of an object, read in blocks. Reading on from a block
// fetches the one after it in the background.
type file struct {
	ctx                context.Context
	blobs              *Blobs
	key, version, etag string
	size               int64
	// replaced says that the version is not the newest any more. Until then its
	// ETag asks for it: the emulated S3 answers whole objects to a range of a
	// version, which is slow for large ones.
	replaced atomic.Bool

	mu     sync.Mutex
	blocks map[int64]*block
	used   []int64 // the blocks' numbers, latest last
	last   int64   // the block read last
}

type block struct {
	ready chan struct{} // closed when data or err is set
	data  []byte
	err   error
}

func (f *file) Size() int64 { return f.size }

// ReadAt reads at any place; several may at once.
func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errNegative
	}
	n := 0
	for n < len(p) {
		if off >= f.size {
			return n, io.EOF
		}
		b := f.block(off / blockSize)
		select {
		case <-b.ready:
		case <-f.ctx.Done():
			return n, awsfault.Of(f.ctx.Err())
		}
		if b.err != nil {
			return n, b.err
		}
		c := copy(p[n:], b.data[off%blockSize:])
		n, off = n+c, off+int64(c)
	}
	return n, nil
}

// block returns a block that is there or under way.
func (f *file) block(i int64) *block {
	f.mu.Lock()
	defer f.mu.Unlock()
	sequential := i == f.last || i == f.last+1
	f.last = i
	b := f.start(i)
	if sequential && (i+1)*blockSize < f.size {
		f.start(i + 1)
		f.touch(i)
	}
	return b
}

// start needs the lock.
func (f *file) start(i int64) *block {
	b := f.blocks[i]
	if b == nil {
		b = &block{ready: make(chan struct{})}
		f.blocks[i] = b
		go f.fetch(i, b)
	}
	f.touch(i)
	return b
}

// touch makes a block the one used latest and drops those used long ago.
func (f *file) touch(i int64) {
	f.used = append(slices.DeleteFunc(f.used, func(j int64) bool { return i == j }), i)
	for len(f.used) > keep {
		delete(f.blocks, f.used[0])
		f.used = f.used[1:]
	}
}

func (f *file) fetch(i int64, b *block) {
	start := i * blockSize
	b.data, b.err = f.read(start, min(start+blockSize, f.size))
	if b.err != nil {
		f.mu.Lock()
		if f.blocks[i] == b { // the next reader tries again
			delete(f.blocks, i)
		}
		f.mu.Unlock()
	}
	close(b.ready)
}

// read reads the bytes from start to end, going on where an answer was cut.
func (f *file) read(start, end int64) ([]byte, error) {
	data := make([]byte, end-start)
	got := 0
	for attempt, n := 1, 1; ; attempt, n = attempt+1, n+1 {
		c, err := f.get(start+int64(got), end, data[got:])
		if got += c; got == len(data) {
			return data, nil
		}
		if c > 0 {
			attempt = 1
		}
		if !awsfault.Busy(err) || attempt >= attempts || n >= maxRanges {
			return nil, err
		}
		if err := f.ctx.Err(); err != nil {
			return nil, awsfault.Of(err)
		}
		if err := f.blobs.Wait(f.ctx, attempt); err != nil {
			return nil, awsfault.Of(err)
		}
	}
}

// get asks for one range once and returns how much of it came.
func (f *file) get(start, end int64, into []byte) (int, error) {
	ctx, cancel := context.WithTimeout(f.ctx, blockFor)
	defer cancel()
	in := &s3.GetObjectInput{Bucket: &f.blobs.bucket, Key: &f.key, Range: aws.String(fmt.Sprintf("bytes=%d-%d", start, end-1))}
	if f.etag != "" {
		in.IfMatch = &f.etag
	}
	byVersion := f.replaced.Load() || f.etag == ""
	if byVersion && f.version != "" {
		in.VersionId = &f.version
	}
	out, err := f.blobs.client.GetObject(ctx, in)
	if err != nil {
		switch awsfault.Status(err) {
		case 403, 404, 412:
			if !byVersion && f.version != "" {
				f.replaced.Store(true)
				return f.get(start, end, into)
			}
		}
		return 0, missing(err)
	}
	defer out.Body.Close()
	// Whoever ignores the range answers the whole object.
	if out.ContentRange == nil && aws.ToInt64(out.ContentLength) == f.size {
		if _, err := io.CopyN(io.Discard, out.Body, start); err != nil {
			return 0, cut(f.ctx, err)
		}
	} else if !strings.HasPrefix(aws.ToString(out.ContentRange), fmt.Sprintf("bytes %d-%d/", start, end-1)) {
		return 0, fault.Wrap(fault.Internal, "aws", errors.New("S3 GetObject: another range than asked"))
	}
	n, err := io.ReadFull(out.Body, into)
	if err != nil {
		return n, cut(f.ctx, err)
	}
	return n, nil
}
