package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/steps/chunk"
	"rollbook/internal/steps/plan"
	"rollbook/internal/testing/memory"
)

// peopleFile is a file of contacts that is made as it is read, so that its size is
// nobody's memory.
type peopleFile struct{ rows int }

const (
	peopleHeader = "Email,Last name,First name,City,[new] GENRE\n"
	peopleRow    = "p%07d@mass.example,Lastname,Firstname,Townsville,JAZZ\n"
	peopleWidth  = len("p0000000@mass.example,Lastname,Firstname,Townsville,JAZZ\n")
)

func (p peopleFile) Size() int64 { return int64(len(peopleHeader) + p.rows*peopleWidth) }

func (p peopleFile) ReadAt(b []byte, off int64) (int, error) {
	if off >= p.Size() {
		return 0, io.EOF
	}
	n := 0
	for n < len(b) && off+int64(n) < p.Size() {
		at := off + int64(n)
		if at < int64(len(peopleHeader)) {
			n += copy(b[n:], peopleHeader[at:])
			continue
		}
		at -= int64(len(peopleHeader))
		row := fmt.Sprintf(peopleRow, at/int64(peopleWidth))
		n += copy(b[n:], row[at%int64(peopleWidth):])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

type opener struct{ domain.File }

func (o opener) Open(context.Context, domain.Object) (domain.File, error) { return o.File, nil }

// importing creates contacts from one file through plan and chunks, in memory,
// and shows that what the steps hold does not grow with the rows: the peak of
// the heap while one of ten chunks runs, less what the stores hold when it has
// ended, for a tenth of the rows and for all.
func importing(ctx context.Context, rows int) error {
	fmt.Printf("creating contacts from one file, plan and chunks on stores in memory\n")
	for _, n := range []int{rows / 10, rows} {
		contacts, catalogue, jobs, files := memory.NewContacts(time.Now), memory.NewCatalogue(), memory.NewJobs(time.Now), memory.NewBlobs("files", time.Now)
		if err := demo.Seed(ctx, contacts, catalogue, demo.Aurora, 0); err != nil {
			return err
		}
		imp := domain.Import{ID: "bench", Institution: demo.Aurora, DataType: domain.Contacts, Action: domain.Update, Recipe: domain.Recipe{OnConflict: domain.Skip},
			Status: domain.Checking, CreatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
		if _, _, err := jobs.CreateImport(ctx, imp, domain.Once{}, ""); err != nil {
			return err
		}
		p := &plan.Step{Contacts: contacts, Catalogue: catalogue, Jobs: jobs, Mappings: memory.NewRecords[domain.Mapping](time.Now), Files: files,
			Source: func(string) plan.Opener { return opener{peopleFile{n}} }}
		c := &chunk.Step{Contacts: contacts, Catalogue: catalogue, Jobs: jobs, Files: files, Now: time.Now}
		at := time.Now()
		run := flow.Run{Version: flow.Version, Institution: demo.Aurora, Import: "bench"}
		peak := watchHeap()
		planned, err := p.Run(ctx, run)
		if err != nil {
			return err
		}
		planPeak := peak()
		took, chunkPeak := time.Since(at), int64(0)
		for k := range planned.Chunks {
			watched := k%max(1, planned.Chunks/10) == 0
			if watched {
				peak = watchHeap()
			}
			at := time.Now()
			if err := c.Run(ctx, flow.Chunk{Run: run, Chunk: k}); err != nil {
				return err
			}
			took += time.Since(at)
			if watched {
				most := peak()
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				chunkPeak = max(chunkPeak, int64(most)-int64(m.HeapAlloc))
			}
		}
		runtime.KeepAlive(contacts) // with what it has stored, as the files' store below
		runtime.KeepAlive(files)
		sum, err := jobs.Progress(ctx, demo.Aurora, "bench")
		if err != nil {
			return err
		}
		if sum.Created != n {
			return fmt.Errorf("%d contacts created, want %d: %+v", sum.Created, n, sum)
		}
		fmt.Printf("  %8d rows %8.0f rows/s   live heap at most: plan %4.0f MB, a chunk %4.0f MB beyond what is stored\n", n, float64(n)/took.Seconds(),
			float64(planPeak)/1e6, float64(chunkPeak)/1e6)
	}
	fmt.Println()
	return nil
}

// watchHeap samples what is alive on the heap, as the collector last found it,
// until its answer is asked for: the most. It begins without what earlier work
// left behind.
func watchHeap() func() uint64 {
	runtime.GC()
	var peak uint64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for {
			metrics.Read(live)
			peak = max(peak, live[0].Value.Uint64())
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(stop)
		<-done
		return peak
	}
}
