package workbook_test

import (
	"context"
	"embed"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rollbook/internal/testing/fonts"
	"rollbook/internal/testing/needs"
)

//go:embed testdata/office
var officeFiles embed.FS

// office is LibreOffice with a profile of its own.
type office struct {
	t                   testing.TB
	program, fonts, dir string
	jobs                []string
}

// newOffice prepares a profile that has our macro.
func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{t: t, program: needs.Program(t, "office", "soffice"), dir: t.TempDir()}
	// Without a font it ends at once.
	o.fonts = fonts.Only(t, fonts.Narrow, t.TempDir())
	// The first start makes the profile and would overwrite what is there.
	o.start("--terminate_after_init")
	for _, name := range []string{"script.xlb", "Edit.xba"} {
		b, err := officeFiles.ReadFile("testdata/office/" + name)
		if err != nil {
			t.Fatal(err)
		}
		o.file("profile/user/basic/Standard/"+name, b)
	}
	return o
}

// start runs LibreOffice to its end.
func (o *office) start(args ...string) {
	o.t.Helper()
	// Far longer than it takes on a busy machine: it only ends what hangs.
	ctx, cancel := context.WithTimeout(o.t.Context(), 20*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, o.program, append([]string{"-env:UserInstallation=" + fileURL(filepath.Join(o.dir, "profile")), "--headless", "--norestore", "--nolockcheck"}, args...)...)
	cmd.Env = append(os.Environ(), o.fonts)
	// soffice is a script that starts the program: end them together.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if out, err := cmd.CombinedOutput(); err != nil {
		o.t.Fatalf("soffice: %v\n%s", err, out)
	}
}

// file gives the path of a file in the office's folder, written with the bytes
// if there are any.
func (o *office) file(name string, b []byte) string {
	o.t.Helper()
	p := filepath.Join(o.dir, name)
	if b != nil {
		if err := os.WriteFile(p, b, 0o600); err != nil {
			o.t.Fatal(err)
		}
	}
	return p
}

func (o *office) read(name string) []byte {
	o.t.Helper()
	b, err := os.ReadFile(filepath.Join(o.dir, name))
	if err != nil {
		o.t.Fatal(err)
	}
	return b
}

func fileURL(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }

// The commands, done in their order by run.

func (o *office) do(words ...string) { o.jobs = append(o.jobs, strings.Join(words, "\t")) }

// open loads a file of the office's folder.
func (o *office) open(name string) { o.do("open", fileURL(filepath.Join(o.dir, name))) }

// enter types a text into a cell of the first sheet. Only a user is asked about
// what is not in its list.
func (o *office) enter(cell, text string) { o.do("enter", cell, text) }

// pick takes the nth entry of a cell's drop-down list and answers its text.
func (o *office) pick(cell string, n int) { o.do("pick", cell, strconv.Itoa(n)) }

// copy copies the contents of a range, as text.
func (o *office) copy(from, to string) { o.do("copy", from, to) }

// ask asks about a cell: locked, list (what its drop-down list shows), prompt,
// text, or about the document: frozen, protected, sheets, end.
func (o *office) ask(what, cell string) { o.do(what, cell) }

const (
	xlsxFilter = "Calc MS Excel 2007 XML"
	odsFilter  = "calc8"
	csvFilter  = "Text - txt - csv (StarCalc)"
	xlsFilter  = "MS Excel 97"
)

// save writes the document under a name of the office's folder.
func (o *office) save(name, filter, options string) {
	o.do("save", fileURL(filepath.Join(o.dir, name)), filter, options)
}

// run does what was asked for and returns the answers.
func (o *office) run() []string {
	o.t.Helper()
	job, answers := o.file("job.txt", []byte(strings.Join(o.jobs, "\n")+"\n\n")), o.file("answers.txt", nil)
	o.jobs = nil
	o.start(`macro:///Standard.Edit.Run("` + fileURL(job) + `","` + fileURL(answers) + `")`)
	b, err := os.ReadFile(answers)
	if err != nil {
		o.t.Fatalf("the macro left no answers: %v", err)
	}
	lines := strings.Split(strings.TrimSuffix(strings.TrimPrefix(string(b), "\ufeff"), "\n"), "\n")
	if last := lines[len(lines)-1]; last != "done" {
		o.t.Fatalf("the macro stopped: %q", lines)
	}
	return lines[:len(lines)-1]
}
