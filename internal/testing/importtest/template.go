package importtest

import (
	"cmp"
	"fmt"
	"io"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
)

// Ask asks for a template of those of aurora's contacts that fit the condition,
// as tpl says and otherwise in English and now, and returns its message. The
// target is called tpl.TargetName.
func (w *World) Ask(t testing.TB, tpl domain.Template, condition string) flow.Template {
	t.Helper()
	tpl.ID = "t" + fmt.Sprint(w.Now().Unix())
	tpl.Institution, tpl.TargetID, tpl.Status = demo.Aurora, tpl.ID, domain.Preparing
	tpl.TargetName, tpl.Language = cmp.Or(tpl.TargetName, tpl.ID), cmp.Or(tpl.Language, "en")
	if tpl.CreatedAt.IsZero() {
		tpl.CreatedAt = w.Now()
	}
	tpl.ExpiresAt = tpl.CreatedAt.AddDate(0, 0, 60)
	if err := w.Catalogue.PutTarget(t.Context(), demo.Aurora, domain.Target{ID: tpl.ID, Name: tpl.TargetName, Condition: []byte(condition)}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Jobs.CreateTemplate(t.Context(), tpl, domain.Once{}); err != nil {
		t.Fatal(err)
	}
	return flow.Template{Version: flow.Version, Institution: demo.Aurora, Template: tpl.ID}
}

// Make makes the template that was asked for, and returns its job and its zip.
func (w *World) Make(t testing.TB, in flow.Template) (domain.Template, []byte) {
	t.Helper()
	if err := w.Template.Run(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	made, err := w.Jobs.Template(t.Context(), in.Institution, in.Template)
	if err != nil || made.Status != domain.Ready {
		t.Fatalf("%v %+v", err, made)
	}
	f, err := w.Files.Open(t.Context(), made.File)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return made, b
}
