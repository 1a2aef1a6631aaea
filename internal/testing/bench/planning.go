package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/steps/plan"
	"rollbook/internal/testing/memory"
)

// generated is a file of n rows that exists only while it is read.
type generated struct {
	head string
	n    int
}

func (g generated) row(i int) string { return fmt.Sprintf("#%08d,JAZZ,ROCK,,\r\n", i) }

func (g generated) Size() int64 { return int64(len(g.head) + g.n*len(g.row(0))) }

func (g generated) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) && off < g.Size() {
		s, at := g.head, off
		if off >= int64(len(g.head)) {
			w := int64(len(g.row(0)))
			s = g.row(int((off - int64(len(g.head))) / w))
			at = (off - int64(len(g.head))) % w
		}
		k := copy(p[n:], s[at:])
		n, off = n+k, off+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (g generated) Open(context.Context, domain.Object) (domain.File, error) { return g, nil }

// thrown takes objects and forgets them. It notes the most memory in use, after
// a collection, at each of them.
type thrown struct {
	objects int
	bytes   int64
	peak    uint64
}

func (t *thrown) Get(context.Context, string) ([]byte, error) { return nil, fault.Missing() }

func (t *thrown) Open(context.Context, domain.Object) (domain.File, error) {
	return nil, fault.Missing()
}

func (t *thrown) Put(_ context.Context, key string, r io.Reader, _ string) (domain.Object, error) {
	t.objects++
	n, err := io.Copy(io.Discard, r)
	t.bytes += n
	var m runtime.MemStats
	if t.objects%10 == 0 || !strings.Contains(key, "/chunks/") {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	t.peak = max(t.peak, m.HeapAlloc)
	return domain.Object{Key: key}, err
}

// planning measures the step that reads the user's file, on a file that is made
// while it is read and with chunks that are thrown away.
func planning(ctx context.Context, rows int) error {
	contacts, catalogue := memory.NewContacts(time.Now), memory.NewCatalogue()
	if err := demo.Seed(ctx, contacts, catalogue, demo.Aurora, 0); err != nil {
		return err
	}
	if err := contacts.Load(ctx, demo.Aurora, func(yield func(domain.Contact) bool) { yield(domain.Contact{Number: "00000000"}) }); err != nil {
		return err
	}
	jobs := memory.NewJobs(time.Now)
	files := &thrown{}
	file := generated{head: "Contact,[old] GENRE,[new] GENRE,[old] NOTE,[new] NOTE\r\n", n: rows}
	step := &plan.Step{Contacts: contacts, Catalogue: catalogue, Jobs: jobs, Mappings: memory.NewRecords[domain.Mapping](time.Now), Files: files, Source: func(string) plan.Opener { return file }}
	imp := domain.Import{ID: "bench", Institution: demo.Aurora, DataType: domain.Criteria, Action: domain.Test, Status: domain.Checking, ExpiresAt: time.Now().Add(time.Hour)}
	if _, _, err := jobs.CreateImport(ctx, imp, domain.Once{}, ""); err != nil {
		return err
	}
	debug.FreeOSMemory()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	at, used := time.Now(), cpuTime()
	out, err := step.Run(ctx, flow.Run{Version: flow.Version, Institution: demo.Aurora, Import: imp.ID})
	took, cpu := time.Since(at), cpuTime()-used
	if err != nil {
		return err
	}
	if out.Rejected || out.Chunks*10_000 < rows {
		return errors.New("the file was not planned")
	}
	fmt.Printf("planning %d rows (%d MB), chunks thrown away\n", rows, file.Size()>>20)
	fmt.Printf("  %-28s %12.0f rows/s  %8.1f CPU s per million rows\n", "plan step", float64(rows)/took.Seconds(), cpu.Seconds()*1e6/float64(rows))
	fmt.Printf("  %-28s %12d in %d MB\n", "chunks", out.Chunks, files.bytes>>20)
	fmt.Printf("  %-28s %12.0f MB (%.0f bytes a row)\n\n", "peak heap", float64(files.peak-before.HeapAlloc)/1e6, float64(files.peak-before.HeapAlloc)/float64(rows))
	return nil
}
