package emulator_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rollbook/internal/local/emulator"
)

func TestTableHoldsItems(t *testing.T) {
	conf := emulator.ForTest(t)
	db, table := dynamodb.NewFromConfig(conf), emulator.Table(t, conf)
	key := map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "p"}, "sk": &types.AttributeValueMemberS{Value: "s"},
	}
	if _, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: key}); err != nil {
		t.Fatal(err)
	}
	got, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Item) != 2 {
		t.Errorf("item has %d attributes, want 2", len(got.Item))
	}
}

func TestVersionedBucketKeepsWhatIsReplaced(t *testing.T) {
	conf := emulator.ForTest(t)
	client := s3.NewFromConfig(conf, func(o *s3.Options) { o.UsePathStyle = true })
	bucket := emulator.Bucket(t, conf, true)
	var first string
	for _, body := range []string{"one", "two"} {
		out, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: &bucket, Key: aws.String("k"), Body: strings.NewReader(body),
		})
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = aws.ToString(out.VersionId)
		}
	}
	got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k"), VersionId: &first})
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	b, err := io.ReadAll(got.Body)
	if err != nil || string(b) != "one" {
		t.Errorf("read %q, %v, want one", b, err)
	}
}

func TestStopEndsItAndRemovesItsFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "emulator")
	e, err := emulator.Start(t.Context(), emulator.Options{Dir: dir, Remove: true})
	if err != nil {
		t.Fatal(err)
	}
	if !emulator.Healthy(t.Context(), e.Endpoint) {
		t.Error("does not answer after Start")
	}
	e.Stop()
	if emulator.Healthy(context.Background(), e.Endpoint) {
		t.Error("answers after Stop")
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("its folder is still there: %v", err)
	}
}

func TestEnvironmentHidesThePersonsOwnAWS(t *testing.T) {
	t.Setenv("AWS_PROFILE", "production")
	t.Setenv("AWS_ACCESS_KEY_ID", "own")
	for _, v := range emulator.Environment("http://localhost:1") {
		if strings.Contains(v, "production") || strings.Contains(v, "=own") {
			t.Errorf("passes on %s", v)
		}
	}
}

// Who starts a stack anew, or removes its folder, waits for an emulator that still
// writes what it holds: its lock is its own, whatever became of who started it.
func TestAnEmulatorHoldsTheFolderThatItKeeps(t *testing.T) {
	dir := t.TempDir()
	keep := filepath.Join(dir, "kept")
	e, err := emulator.Start(t.Context(), emulator.Options{Dir: dir, Keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	taken := func() bool {
		t.Helper()
		f, err := os.Open(keep + ".lock")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
	}
	if !taken() {
		t.Error("nobody holds the folder while the emulator runs")
	}
	e.Stop()
	if err := emulator.Settled(keep); err != nil || taken() {
		t.Errorf("after its end: %v, taken %t", err, taken())
	}
}

// An emulator that is writing what it holds is left to it, however long it takes; one
// that does nothing is ended.
func TestAnEmulatorThatWritesIsLeftToIt(t *testing.T) {
	source, err := os.ReadFile("launch.py")
	if err != nil {
		t.Fatal(err)
	}
	watch, _, ok := strings.Cut(string(source), "def leave():")
	if !ok {
		t.Fatal("launch.py has no leave")
	}
	script := watch + `
import time, types
seconds = 0
def second(_):
    global seconds
    seconds += 1
    end = time.process_time() + 0.05
    while seconds <= 70 and time.process_time() < end:
        pass
def leave():
    print(seconds, flush=True)
    os._exit(0)
signal.signal(signal.SIGTERM, lambda *_: None)
threading.Event = lambda: types.SimpleNamespace(wait=second)
watch()
`
	said, err := exec.Command("python3", "-c", script).CombinedOutput() // its standard input has ended
	if err != nil || string(said) != "120\n" {
		t.Errorf("it was ended after %q seconds: %v", said, err)
	}
}
