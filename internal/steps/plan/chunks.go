package plan

import (
	"bytes"
	"context"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
)

// chunkWriter cuts the rows into chunk objects.
type chunkWriter struct {
	s     *Step
	imp   *domain.Import
	plan  *flow.Plan
	buf   bytes.Buffer
	rows  *flow.RowWriter
	bytes int
}

func (w *chunkWriter) add(ctx context.Context, r flow.Row) error {
	if w.rows == nil {
		w.buf.Reset()
		rows, err := flow.NewRowWriter(&w.buf)
		if err != nil {
			return err
		}
		w.rows, w.bytes = rows, 0
		w.plan.Chunks = append(w.plan.Chunks, flow.ChunkRef{FirstLine: r.Line})
	}
	if err := w.rows.Write(r); err != nil {
		return err
	}
	ref := &w.plan.Chunks[len(w.plan.Chunks)-1]
	ref.Rows++
	ref.LastLine = r.Line
	for _, c := range r.Cells {
		w.bytes += len(c)
	}
	most, size := w.s.ChunkRows, w.s.ChunkBytes
	if most == 0 {
		most = 10_000
	}
	if size == 0 {
		size = 16 << 20
	}
	if ref.Rows < most && w.bytes < size {
		return nil
	}
	return w.close(ctx)
}

func (w *chunkWriter) close(ctx context.Context) error {
	if w.rows == nil {
		return nil
	}
	if err := w.rows.Close(); err != nil {
		return err
	}
	w.rows = nil
	n := len(w.plan.Chunks) - 1
	_, err := w.s.Files.Put(ctx, flow.ChunkKey(w.imp.Institution, w.imp.RunID(), n), bytes.NewReader(w.buf.Bytes()), "application/zstd")
	return err
}
