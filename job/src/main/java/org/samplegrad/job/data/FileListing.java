package org.samplegrad.job.data;

import java.io.IOException;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.GlobFilter;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * What lies at a path, or at all paths of a glob pattern, before any of it is opened.
 *
 * @param files how many that Spark would read
 * @param empty the first of them without a byte
 * @param table a table of a format of its own that the paths are in, or that is in them
 */
record FileListing(long files, Optional<Path> empty, Optional<TableFormat.Table> table) {

  /**
   * @param fileNames a pattern of the names of the files that are read, or null for all
   * @throws IOException if the file system cannot be reached
   */
  static FileListing of(HadoopFiles.Location location, String fileNames) throws IOException {
    FileSystem system = location.system();
    FileStatus[] roots = system.globStatus(location.path());
    FileListing listing = new FileListing(0, Optional.empty(), Optional.empty());
    GlobFilter names = fileNames == null ? null : new GlobFilter(fileNames);
    for (FileStatus root : roots == null ? new FileStatus[0] : roots) {
      Path directory = root.isDirectory() ? root.getPath() : root.getPath().getParent();
      listing = listing.with(new FileListing(0, Optional.empty(), table(system, directory)));
      if (root.isFile()) {
        listing = listing.with(of(root, root.getPath().getParent(), names));
        continue;
      }
      RemoteIterator<LocatedFileStatus> files = system.listFiles(root.getPath(), true);
      while (files.hasNext()) {
        listing = listing.with(of(files.next(), root.getPath().getParent(), names));
      }
    }
    return listing;
  }

  private static Optional<TableFormat.Table> table(FileSystem system, Path directory)
      throws IOException {
    return directory == null ? Optional.empty() : TableFormat.around(system, directory);
  }

  private static FileListing of(FileStatus file, Path above, GlobFilter names) {
    Path path = file.getPath();
    boolean read = !isHidden(path, above) && (names == null || names.accept(path));
    return new FileListing(
        read ? 1 : 0,
        read && file.getLen() == 0 ? Optional.of(path) : Optional.empty(),
        TableFormat.madeBy(path));
  }

  private FileListing with(FileListing more) {
    return new FileListing(
        files + more.files, empty.or(() -> more.empty), table.or(() -> more.table));
  }

  /** Whether Spark passes over a file, by its own name or that of a directory. */
  private static boolean isHidden(Path file, Path above) {
    for (Path path = file; path != null && !path.equals(above); path = path.getParent()) {
      String name = path.getName();
      // A name such as _key=1 is a partition.
      if (name.startsWith(".")
          || name.startsWith("_") && !name.contains("=")
          || name.endsWith("._COPYING_")) {
        return true;
      }
    }
    return false;
  }
}
