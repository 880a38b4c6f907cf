"""Writes the Parquet files of CheckedParquetFormatTest, by another library than Spark's.

    python make_parquet_files.py ../resources/org/samplegrad/datasets/spark/parquet

needs pyarrow. Row n has the features [n, n/2], the label n.
"""
import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 4


def table(features=pa.float32(), **columns):
    arrays = {
        'features': pa.array([[n, n / 2] for n in range(ROWS)], pa.list_(features)),
        'label': pa.array(range(ROWS), pa.int32()),
    }
    return pa.table({**arrays, **columns})


def write(name, columns, **options):
    options = {'use_dictionary': False, 'compression': 'none', **options}
    pq.write_table(columns, os.path.join(sys.argv[1], name), **options)


numbers = np.arange(ROWS)
write(
    'columns.parquet',
    table(
        half=pa.array(numbers.astype(np.float16)),
        halves=pa.array([[n, n] for n in numbers.astype(np.float16)], pa.list_(pa.float16())),
        nanoseconds=pa.array(numbers, pa.timestamp('ns')),
        nested=pa.array([{'number': n, 'half': np.float16(n)} for n in range(ROWS)],
                        pa.struct([('number', pa.int64()), ('half', pa.float16())])),
        brotli=pa.array(numbers, pa.float64()),
        split=pa.array(numbers, pa.float64()),
        split_integers=pa.array(numbers, pa.int32()),
        uint8=pa.array(numbers + 250, pa.uint8()),
        uint32=pa.array(numbers + 2**32 - ROWS, pa.uint32()),
        uint64=pa.array([2**63 + n * 4096 for n in range(ROWS)], pa.uint64()),
    ),
    compression={'brotli': 'BROTLI', 'label': 'ZSTD'},
    use_byte_stream_split=['split', 'split_integers'],
    row_group_size=2,
)
for version in '1.0', '2.0':
    for dictionary in False, True:
        write(f'checksums-{version}{"-dictionary" if dictionary else ""}.parquet', table(pa.float64()),
              data_page_version=version, write_page_checksum=True, use_dictionary=dictionary)
write('float16.parquet', table(pa.float16()))
write('no-rows.parquet', table(pa.float64()).slice(0, 0))
