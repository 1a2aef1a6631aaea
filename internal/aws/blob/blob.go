// Package blob keeps objects in an S3 bucket: it streams them in and out,
// however large, and signs addresses by which browsers do so themselves. An
// object is read at the version that was pinned; a broken answer is asked again
// from where it broke, and never taken for the end.
//
// To be told of a missing object as missing, and not as forbidden, the role
// needs s3:ListBucket on the bucket.
package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

const (
	// partSize is how much of an upload is sent at once, and uploads how many
	// parts are under way: together they bound an upload's memory to about 50 MB.
	partSize = 8 << 20
	uploads  = 3
	// abortFor is how long an upload that failed may take to clean up after it.
	abortFor = 30 * time.Second
	// attempts is how often a read is tried without getting on.
	attempts = 8
)

// Blobs is one bucket.
type Blobs struct {
	// Wait waits before the attempt with the number (1 for the second).
	Wait func(ctx context.Context, attempt int) error

	client *s3.Client
	signer *s3.PresignClient
	bucket string
}

// New returns the bucket of the name.
func New(client *s3.Client, bucket string) *Blobs {
	return &Blobs{Wait: backoff, client: client, signer: s3.NewPresignClient(client), bucket: bucket}
}

func backoff(ctx context.Context, attempt int) error {
	t := time.NewTimer(rand.N(min(50*time.Millisecond<<min(attempt-1, 10), 5*time.Second)))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Put streams r to the key, in parts if it is long. Readers see nothing of it
// until it is whole; if r fails, nothing stays and r's error is returned.
func (s *Blobs) Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error) {
	upload := transfermanager.New(s.client, func(o *transfermanager.Options) {
		o.PartSizeBytes, o.MultipartUploadThreshold, o.Concurrency, o.FailTimeout = partSize, partSize, uploads, abortFor
	})
	from := &source{r: r}
	in := &transfermanager.UploadObjectInput{Bucket: &s.bucket, Key: &key, Body: from}
	if contentType != "" {
		in.ContentType = &contentType
	}
	out, err := upload.UploadObject(ctx, in)
	if from.err != nil {
		return domain.Object{}, from.err
	}
	if err != nil {
		return domain.Object{}, awsfault.Of(err)
	}
	return domain.Object{Bucket: s.bucket, Key: key, Version: aws.ToString(out.VersionID), Size: from.n}, nil
}

// source counts what is read and remembers why it ended. It hides the reader's
// other methods: one that seeks would be read twice.
type source struct {
	r   io.Reader
	n   int64
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// Open returns the object's version, "" for the newest. Reading uses ctx.
func (s *Blobs) Open(ctx context.Context, o domain.Object) (domain.File, error) {
	out, err := s.head(ctx, o.Key, o.Version)
	if err != nil {
		return nil, err
	}
	f := &file{ctx: ctx, blobs: s, key: o.Key, version: o.Version, etag: aws.ToString(out.ETag), size: aws.ToInt64(out.ContentLength),
		last: -1, blocks: map[int64]*block{}}
	if v := aws.ToString(out.VersionId); v != "" && v != "null" {
		f.version = v
	}
	return f, nil
}

// missing maps S3's ways of saying that there is no such object or version.
func missing(err error) error {
	switch awsfault.Status(err) {
	case 404, 405, // 405: the version is a delete marker
		412: // it was replaced since it was opened
		return fault.Missing()
	case 400:
		// What is no version id at all names no version. HEAD has no body to say so.
		if c := awsfault.Code(err); c == "InvalidArgument" || c == "BadRequest" || c == "NoSuchVersion" {
			return fault.Missing()
		}
	}
	return awsfault.Of(err)
}

// Get reads a whole small object.
func (s *Blobs) Get(ctx context.Context, key string) ([]byte, error) {
	for attempt := 1; ; attempt++ {
		b, err := s.get(ctx, key)
		if err == nil || !awsfault.Busy(err) || attempt == attempts || ctx.Err() != nil {
			return b, err
		}
		if err := s.Wait(ctx, attempt); err != nil {
			return nil, awsfault.Of(err)
		}
	}
}

func (s *Blobs) get(ctx context.Context, key string) ([]byte, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return nil, missing(err)
	}
	defer out.Body.Close()
	var b bytes.Buffer
	if n := aws.ToInt64(out.ContentLength); n > 0 {
		b.Grow(int(n) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(out.Body); err != nil {
		return nil, cut(ctx, err)
	}
	if out.ContentLength != nil && int64(b.Len()) != *out.ContentLength {
		return nil, cut(ctx, io.ErrUnexpectedEOF)
	}
	return b.Bytes(), nil
}

// cut is what a body that ended too early is.
func cut(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return awsfault.Of(ctx.Err())
	}
	return fault.Wrap(fault.Busy, "busy", errBody{err})
}

type errBody struct{ err error }

func (e errBody) Error() string { return "S3 GetObject: the body was cut" }
func (e errBody) Unwrap() error { return e.err }

// Head returns the newest version's facts.
func (s *Blobs) Head(ctx context.Context, key string) (domain.Object, time.Time, error) {
	out, err := s.head(ctx, key, "")
	if err != nil {
		return domain.Object{}, time.Time{}, err
	}
	o := domain.Object{Bucket: s.bucket, Key: key, Size: aws.ToInt64(out.ContentLength)}
	if v := aws.ToString(out.VersionId); v != "null" {
		o.Version = v
	}
	return o, aws.ToTime(out.LastModified), nil
}

// Metadata returns what whoever put the object said of it, by names in small
// letters.
func (s *Blobs) Metadata(ctx context.Context, o domain.Object) (map[string]string, error) {
	out, err := s.head(ctx, o.Key, o.Version)
	if err != nil {
		return nil, err
	}
	return out.Metadata, nil
}

// head asks what S3 knows of an object's version, "" for the newest.
func (s *Blobs) head(ctx context.Context, key, version string) (*s3.HeadObjectOutput, error) {
	in := &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key}
	if version != "" {
		in.VersionId = &version
	}
	out, err := s.client.HeadObject(ctx, in)
	if err != nil {
		return nil, missing(err)
	}
	return out, nil
}

// Discard deletes the object's version for good; one that is gone is no error. It
// needs s3:DeleteObjectVersion.
func (s *Blobs) Discard(ctx context.Context, o domain.Object) error {
	if o.Version == "" {
		return errors.New("the newest version is not to be deleted unseen")
	}
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &o.Key, VersionId: &o.Version})
	return awsfault.Of(err)
}

// SignGet returns an address that answers the object under the file name, and
// that browsers and what is between keep no copy of. With
// the credentials of a role it ends with them if that is earlier.
func (s *Blobs) SignGet(ctx context.Context, o domain.Object, fileName string, for_ time.Duration) (string, error) {
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &o.Key, ResponseContentDisposition: aws.String(attachment(fileName)),
		ResponseCacheControl: aws.String("no-store")}
	if o.Version != "" {
		in.VersionId = &o.Version
	}
	r, err := s.signer.PresignGetObject(ctx, in, s3.WithPresignExpires(for_))
	if err != nil {
		return "", awsfault.Of(err)
	}
	return r.URL, nil
}

// attachment is the Content-Disposition of a download, with the name in ASCII
// for old clients and whole for the others (RFC 6266, appendix D).
func attachment(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%/`, r) {
			return '_'
		}
		return r
	}, name)
	return fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, plain, strings.ReplaceAll(url.QueryEscape(name), "+", "%20"))
}

// SignPost returns address and form fields for one upload of at most maxBytes
// to the key, as a multipart form whose last part is the file.
func (s *Blobs) SignPost(ctx context.Context, key string, maxBytes int64, for_ time.Duration) (string, map[string]string, error) {
	r, err := s.signer.PresignPostObject(ctx, &s3.PutObjectInput{Bucket: &s.bucket, Key: &key}, func(o *s3.PresignPostOptions) {
		o.Expires = for_
		o.Conditions = []any{[]any{"content-length-range", 0, maxBytes}}
	})
	if err != nil {
		return "", nil, awsfault.Of(err)
	}
	return r.URL, r.Values, nil
}

var errNegative = errors.New("blob: negative offset")
