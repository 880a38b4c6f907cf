package org.samplegrad.job.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClaimTest {
  private static final Duration SILENCE = Duration.ofMillis(600);

  @TempDir Path directory;
  private Place place;
  private Path file;

  @BeforeEach
  void locate() throws IOException {
    place = Place.of(directory.resolve("out").toString(), new Configuration());
    file = directory.resolve(".out.run");
  }

  private String contentOfALiveClaim() throws IOException {
    try (Claim claim = Claim.of(place)) {
      assertThat(claim.isHeld()).isTrue();
      return Files.readString(file);
    }
  }

  private void isTaken() throws IOException {
    try (Claim claim = Claim.of(place, SILENCE)) {
      assertThat(claim.isHeld()).isTrue();
    }
    assertThat(file).doesNotExist();
  }

  @Test
  void oneOfManyThatComeAtOnceHasIt() throws IOException {
    ExecutorService runs = Executors.newFixedThreadPool(8);
    try {
      for (int round = 0; round < 20; round++) {
        List<CompletableFuture<Claim>> all =
            IntStream.range(0, 8)
                .mapToObj(i -> CompletableFuture.supplyAsync(this::claimOrNull, runs))
                .toList();
        List<Claim> claims =
            all.stream().map(CompletableFuture::join).filter(Objects::nonNull).toList();
        assertThat(claims).hasSize(1);
        claims.get(0).close();
        assertThat(file).doesNotExist();
      }
    } finally {
      runs.shutdownNow();
    }
  }

  private Claim claimOrNull() {
    try {
      return Claim.of(place, SILENCE);
    } catch (PlaceTakenException e) {
      return null;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aProcessOfThisMachineThatIsGoneHasLostItAtOnce() throws IOException {
    String live = contentOfALiveClaim();
    long process = ProcessHandle.current().pid();
    for (String dead :
        List.of(
            live.replace("\"process\":" + process, "\"process\":" + Integer.MAX_VALUE),
            live.replaceFirst("\"started\":\\d+", "\"started\":1"))) {
      assertThat(dead).isNotEqualTo(live);
      Files.writeString(file, dead);
      long start = System.nanoTime();
      try (Claim claim = Claim.of(place)) {
        assertThat(claim.isHeld()).isTrue();
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    }
    Files.writeString(file, live); // of this very process
    assertThatThrownBy(() -> Claim.of(place)).isInstanceOf(PlaceTakenException.class);
  }

  @Test
  void anotherMachinesSilentFileIsNobodys() throws IOException {
    String elsewhere =
        contentOfALiveClaim().replaceFirst("\"machine\":\"[^\"]*\"", "\"machine\":\"x\"");
    Files.writeString(file, elsewhere);
    isTaken();
    Files.writeString(file, "");
    isTaken();
    Files.writeString(file, "no json at all");
    isTaken();
  }

  @Test
  void anotherMachinesFileThatIsTouchedIsHeld() throws IOException {
    String elsewhere =
        contentOfALiveClaim().replaceFirst("\"machine\":\"[^\"]*\"", "\"machine\":\"x\"");
    Files.writeString(file, elsewhere);
    CompletableFuture<Void> beat =
        CompletableFuture.runAsync(
            () -> {
              try {
                Thread.sleep(SILENCE.toMillis() / 3);
                Files.setLastModifiedTime(file, FileTime.fromMillis(1));
              } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    assertThatThrownBy(() -> Claim.of(place, SILENCE))
        .isInstanceOf(PlaceTakenException.class)
        .hasMessageContaining("on x");
    beat.join();
    assertThat(file).hasContent(elsewhere);
  }
}
